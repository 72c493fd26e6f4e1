using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Documentation;

/// <summary>What the documentation says about annotations is what the code does.</summary>
public sealed class AnnotationPageTests
{
    [Fact]
    public void The_page_is_the_table()
    {
        var path = Path.Combine(TestCases.RepositoryRoot, "docs", "annotations.md");
        var page = AnnotationPage.Write();
        if (Environment.GetEnvironmentVariable("EDGEPROXY_UPDATE_DOCS") is "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.True(page == File.ReadAllText(path), "docs/annotations.md is behind the table: run the test once with EDGEPROXY_UPDATE_DOCS=1.");
    }

    [Fact]
    public void Every_name_of_ingress_nginx_is_in_the_table_once()
    {
        var names = AnnotationCatalog.Features
            .SelectMany(feature => feature.Annotations)
            .SelectMany(spec => spec.Alias is { } alias ? [spec.Name, alias] : new[] { spec.Name })
            .ToList();

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.True(names.Count >= 136, $"{names.Count} names");
    }
}
