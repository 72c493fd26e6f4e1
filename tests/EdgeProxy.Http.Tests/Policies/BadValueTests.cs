using System.Text.Json;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Testing;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>The table <c>tests/cases/annotations/bad-values.json</c>: what cannot be used is reported, and costs no more than itself or closes the Ingress.</summary>
public sealed class BadValueTests
{
    public static TheoryData<string> Names => [.. Cases().Select(one => one.GetProperty("name").GetString()!)];

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Names))]
    public async Task Bad_value_is_reported_and_never_opens_anything(string name)
    {
        var one = Cases().Single(one => one.GetProperty("name").GetString() == name);
        var with = one.TryGetProperty("with", out var needed) ? needed.EnumerateObject().Select(entry => (entry.Name, entry.Value.GetString()!)) : [];
        await using var backend = RawBackend.Answering();
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.ServiceFor("good", good.Address)
            + IngressLab.IngressWith([.. with, (name, one.GetProperty("value").GetString()!)])
            + IngressLab.IngressWith([], "good", "good", host: "good.example.com"));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(one.GetProperty("status").GetInt32(), answer.Status);
        Assert.True(lab.ProblemsOf(name).Any(), string.Join('\n', lab.Problems));
        Assert.Equal(answer.Status == 503 ? "503 Service Unavailable: closed\n" : answer.Text, answer.Text);
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, host: "good.example.com")).Status);
    }

    private static IEnumerable<JsonElement> Cases() => TestCases.ReadJson("annotations/bad-values.json").EnumerateArray();
}
