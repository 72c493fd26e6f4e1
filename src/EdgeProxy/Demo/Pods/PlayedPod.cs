using System.Net;

namespace EdgeProxy.Demo.Pods;

/// <summary>Who a played pod says it is.</summary>
internal sealed record PlayedPod(string Namespace, string Name, string Node, IPAddress Address);
