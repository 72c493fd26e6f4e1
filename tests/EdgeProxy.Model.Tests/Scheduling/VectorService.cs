using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Scheduling;

/// <summary>The Service of one scheduler vector. What a step changes goes through the snapshot builder, as in the process.</summary>
internal sealed class VectorService
{
    public static readonly IpAddr AnyClient = IpAddr.Parse("198.51.100.1");

    /// <summary>Schedulers whose vectors need what a Service cannot set: the draws, or a smaller ring.</summary>
    private readonly Scheduler? _own;

    private readonly ManualTimeProvider _time = new();
    private readonly Queue<int> _draws = [];
    private readonly List<Member> _members = [];
    private readonly SchedulingPolicy _policy;
    private readonly TimeSpan _affinityTimeout;
    private bool _isSticky;
    private double _seconds;
    private ProxySnapshot _snapshot = ProxySnapshot.Empty;

    public VectorService(JsonElement vector)
    {
        var parameters = vector.TryGetProperty("params", out var written) ? written : default;
        var name = vector.GetProperty("scheduler").GetString()!;
        _isSticky = Text(parameters, "sessionAffinity") == "ClientIP";
        _affinityTimeout = TimeSpan.FromSeconds(Number(parameters, "timeoutSeconds") ?? 0);
        _policy = new SchedulingPolicy
        {
            Scheduler = name,
            Flags = (IsSet(parameters, "usePort") ? HashOptions.Port : HashOptions.None) | (IsSet(parameters, "fallback") ? HashOptions.Fallback : HashOptions.None),
        };
        foreach (var backend in vector.GetProperty("backends").EnumerateArray())
        {
            Add(backend);
        }

        Rebuild();
        _own = name switch
        {
            "p2c" => new PowerOfTwoChoices(Port.Backends, new Draws(_draws)),
            "ring" => new RingHash(Port.Backends, Number(parameters, "vnodesPerWeight")!.Value),
            _ => null,
        };
        foreach (var member in _members)
        {
            SetCounts(member);
        }
    }

    public Scheduler Scheduler => _own ?? Port.HttpScheduler;

    private ServicePort Port => _snapshot.PortOf("web");

    public string IdOf(Backend backend) => _members.Single(member => member.Address == backend.Address).Id;

    /// <summary>Dials until one accepts or the tries are used up, as a session does.</summary>
    public string? Connect(IpAddr client, Func<string, bool> accepts)
    {
        var tried = default(TriedBackends);
        while (tried.Count < TriedBackends.MaxTries && PickNext(client, ref tried) is { } backend)
        {
            if (accepts(IdOf(backend)))
            {
                return IdOf(backend);
            }

            tried.Add(backend);
        }

        return null;
    }

    public void Run(JsonElement step)
    {
        if (step.TryGetProperty("at", out var at))
        {
            _time.Advance(TimeSpan.FromSeconds(at.GetDouble() - _seconds));
            _seconds = at.GetDouble();
        }

        var client = Text(step, "client") is { } address ? IpAddr.Parse(address) : AnyClient;
        switch (Text(step, "op"))
        {
            case "pick":
                Assert.Equal(Text(step, "expect"), Pick(step, client) is { } picked ? IdOf(picked) : null);
                break;

            case "pickAndHold":
                var held = Pick(step, client)!;
                held.Hold();
                Assert.Equal(Text(step, "expect"), IdOf(held));
                break;

            case "connect":
                var fails = step.TryGetProperty("connectFails", out var ids) ? ids.EnumerateArray().Select(id => id.GetString()!).ToHashSet() : [];
                Assert.Equal(Text(step, "expect"), Connect(client, id => !fails.Contains(id)));
                break;

            case "set":
                var changed = Find(step);
                changed.Apply(step.GetProperty("fields"));
                Rebuild();
                SetCounts(changed);
                break;

            case "add":
                var added = Add(step.GetProperty("backend"));
                Rebuild();
                SetCounts(added);
                break;

            case "remove":
                _members.Remove(Find(step));
                Rebuild();
                break;

            case "setEligible":
                Find(step).IsReady = step.GetProperty("eligible").GetBoolean();
                Rebuild();
                break;

            case "setAffinity":
                _isSticky = Text(step, "value") == "ClientIP";
                Rebuild();
                break;

            case "traffic":
                break;

            default:
                Assert.Fail($"unknown op in {step}");
                break;
        }
    }

    private Backend? PickNext(IpAddr client, ref TriedBackends tried)
    {
        var backend = Port.Pick(Scheduler, new EndpointAddress(client, 40_000), default, tried);
        if (backend is null && tried.Count > 0)
        {
            tried.BeginRound();
            backend = Port.Pick(Scheduler, new EndpointAddress(client, 40_000), default, tried);
        }

        return backend;
    }

    private Backend? Pick(JsonElement step, IpAddr client)
    {
        if (step.TryGetProperty("draws", out var draws))
        {
            _draws.Clear();
            foreach (var draw in draws.EnumerateArray())
            {
                _draws.Enqueue(draw.GetInt32());
            }
        }

        var destination = Text(step, "dst") is { } address ? IpAddr.Parse(address) : default;
        return Port.Pick(Scheduler, new EndpointAddress(client, (ushort)(Number(step, "port") ?? 0)), destination, default);
    }

    private void Rebuild()
    {
        var builder = new SnapshotBuilder(_snapshot, Objects.Node, _time);
        builder.SetService(new ServiceConfig
        {
            Name = Objects.Name("web"),
            ClusterIPs = Objects.Ips("172.16.0.1"),
            AffinityTimeout = _isSticky ? _affinityTimeout : null,
            Scheduling = SchedulingPolicy.Schedulers.Contains(_policy.Scheduler) ? _policy : throw new NotSupportedException(_policy.Scheduler),
            Ports =
            [
                new ServicePortConfig
                {
                    Name = "",
                    Port = 80,
                    Endpoints = [.. _members.Select(member => new Endpoint { Address = member.Address, Weight = member.Weight, Ready = member.IsReady })],
                },
            ],
        });
        _snapshot = builder.Build();
    }

    private Member Add(JsonElement written)
    {
        var member = new Member(Text(written, "id")!, EndpointAddress.Parse(Text(written, "addr")));
        member.Apply(written);
        _members.Add(member);
        return member;
    }

    private Member Find(JsonElement step) => _members.Single(member => member.Id == Text(step, "id"));

    private void SetCounts(Member member)
    {
        var backend = Port.Backends.Single(backend => backend.Address == member.Address);

        // Overloaded means as many connections as it may have.
        var active = member.IsOverloaded ? member.Active + 1 : member.Active;
        while (backend.Active < active)
        {
            backend.Hold();
        }

        while (backend.Active > active)
        {
            backend.Release();
        }

        backend.Inactive = member.Inactive;
        backend.MaxConnections = member.IsOverloaded ? active : 0;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static int? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value.GetInt32() : null;

    private static bool IsSet(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.GetBoolean();

    private sealed class Member(string id, EndpointAddress address)
    {
        public string Id { get; } = id;

        public EndpointAddress Address { get; } = address;

        public int Weight { get; private set; } = 1;

        public int Active { get; private set; }

        public int Inactive { get; private set; }

        public bool IsOverloaded { get; private set; }

        public bool IsReady { get; set; } = true;

        public void Apply(JsonElement fields)
        {
            Weight = Number(fields, "weight") ?? Weight;
            Active = Number(fields, "active") ?? Active;
            Inactive = Number(fields, "inactive") ?? Inactive;
            IsOverloaded = IsSet(fields, "overloaded") || IsOverloaded;
        }
    }

    private sealed class Draws(Queue<int> draws) : Random
    {
        public override int Next(int maxValue) => draws.Dequeue() is var draw && draw < maxValue ? draw : throw new ArgumentOutOfRangeException(nameof(maxValue));
    }
}
