using EdgeProxy.Kubernetes.Tests.ControlPlane;

namespace EdgeProxy.Kubernetes.Tests.Validation;

public sealed class ValidationCaseTests
{
    public static TheoryData<string> Cases => [.. ControlPlaneCase.List("validation")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Objects_are_refused_one_by_one_in_the_words_of_the_API_server(string name) => ControlPlaneCase.Check("validation", name);
}
