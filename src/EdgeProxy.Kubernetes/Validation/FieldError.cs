namespace EdgeProxy.Kubernetes.Validation;

/// <summary>One field the API server would refuse, in its words.</summary>
/// <param name="Field">Path as the API writes it, such as <c>spec.ports[0].port</c>.</param>
/// <param name="Message">Such as <c>Invalid value: 0: must be between 1 and 65535, inclusive</c>.</param>
public readonly record struct FieldError(string Field, string Message);
