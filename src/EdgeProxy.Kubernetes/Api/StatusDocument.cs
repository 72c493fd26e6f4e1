namespace EdgeProxy.Kubernetes.Api;

/// <summary>metav1.Status, the fields in use.</summary>
internal sealed class StatusDocument
{
    public int? Code { get; set; }

    public string? Reason { get; set; }

    public string? Message { get; set; }
}
