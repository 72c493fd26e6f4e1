namespace EdgeProxy.Model.Tests.Addresses;

public sealed class AddressPoolTests
{
    [Theory]
    [InlineData(LabelOperator.In, "a,b", "a", true)]
    [InlineData(LabelOperator.In, "a,b", "c", false)]
    [InlineData(LabelOperator.In, "a,b", null, false)]
    [InlineData(LabelOperator.NotIn, "a,b", "a", false)]
    [InlineData(LabelOperator.NotIn, "a,b", "c", true)]
    [InlineData(LabelOperator.NotIn, "a,b", null, true)]
    [InlineData(LabelOperator.Exists, "", "c", true)]
    [InlineData(LabelOperator.Exists, "", null, false)]
    [InlineData(LabelOperator.DoesNotExist, "", "c", false)]
    [InlineData(LabelOperator.DoesNotExist, "", null, true)]
    public void Requirements_mean_what_they_mean_in_Kubernetes(LabelOperator comparison, string values, string? label, bool holds)
    {
        var requirement = new LabelRequirement("tier", comparison, [.. values.Split(',', StringSplitOptions.RemoveEmptyEntries)]);
        var labels = label is null ? null : new Dictionary<string, string> { ["tier"] = label };

        Assert.Equal(holds, requirement.Holds(labels));
    }

    [Theory]
    [InlineData("named", null, true)]
    [InlineData("other", "edge", true)]
    [InlineData("other", "core", false)]
    [InlineData("other", null, false)]
    public void A_pool_is_for_namespaces_by_name_or_by_label(string ns, string? team, bool admitted)
    {
        var pool = new AddressPool
        {
            Name = "p",
            Namespaces = ["named"],
            NamespaceSelectors = [new LabelSelector([new LabelRequirement("team", LabelOperator.In, ["edge"])])],
        };
        var labels = team is null ? null : new Dictionary<string, string> { ["team"] = team };

        Assert.Equal(admitted, pool.Admits(ns, labels, serviceLabels: null));
    }

    [Fact]
    public void A_pool_without_selectors_is_for_everybody() => Assert.True(new AddressPool { Name = "p" }.Admits("any", null, null));

    [Theory]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("::ffff:192.0.2.0/120")]
    [InlineData("192.0.2.0/024")]
    [InlineData("192.0.2.01")]
    public void Texts_that_two_programs_could_read_differently_are_no_ranges(string text) => Assert.False(AddressRange.TryParse(text, out _, out _));
}
