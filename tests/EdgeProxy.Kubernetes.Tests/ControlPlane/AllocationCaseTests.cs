namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

public sealed class AllocationCaseTests
{
    public static TheoryData<string> Cases => [.. ControlPlaneCase.List("allocation")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Services_get_what_the_case_expects(string name) => ControlPlaneCase.Check("allocation", name);
}
