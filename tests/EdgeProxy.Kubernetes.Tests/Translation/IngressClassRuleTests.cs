using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.Translation;

public sealed class IngressClassRuleTests
{
    private static readonly TranslationOptions Options = new() { Node = new LocalNode { Name = "n1" } };

    [Theory]
    [InlineData("ours", null, true)] // its object has our controller
    [InlineData("theirs", null, false)]
    [InlineData("absent", null, false)] // not ours yet
    [InlineData("edgeproxy", null, false)] // the name alone says nothing
    [InlineData(null, "edgeproxy", true)]
    [InlineData(null, "ours", true)]
    [InlineData(null, "theirs", false)]
    [InlineData("theirs", "edgeproxy", false)] // with the field set the annotation is not read
    [InlineData(null, null, false)]
    public void Field_then_annotation_then_nothing(string? field, string? annotation, bool isOurs) =>
        Assert.Equal(isOurs, IsOurs(field, annotation, Options));

    [Theory]
    [InlineData("edgeproxy", null, true)]
    [InlineData("absent", null, false)]
    [InlineData("ours", null, true)]
    public void By_name_the_class_needs_no_object(string? field, string? annotation, bool isOurs) =>
        Assert.Equal(isOurs, IsOurs(field, annotation, Options with { IngressClassByName = true }));

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("theirs", null, false)]
    [InlineData(null, "nginx", false)]
    public void Without_a_class_only_where_asked_for(string? field, string? annotation, bool isOurs) =>
        Assert.Equal(isOurs, IsOurs(field, annotation, Options with { WatchIngressWithoutClass = true }));

    private static bool IsOurs(string? field, string? annotation, TranslationOptions options)
    {
        var classes = new[] { ("ours", TranslationOptions.OwnController), ("theirs", "example.com/other") }
            .ToDictionary(each => new NamespacedName("", each.Item1), each => new IngressClass { Spec = new IngressClassSpec { Controller = each.Item2 } });
        var ingress = new Ingress
        {
            Metadata = new ObjectMeta { Annotations = annotation is null ? null : new() { [IngressClassRule.DeprecatedAnnotation] = annotation } },
            Spec = new IngressSpec { IngressClassName = field },
        };
        return IngressClassRule.IsOurs(ingress, classes, options);
    }
}
