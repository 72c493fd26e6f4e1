using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Testing.Api;

/// <content>Objects, lists and watches.</content>
public sealed partial class FakeApiServer
{
    private Task AnswerObjectAsync(HttpContext context, FakeRequest request)
    {
        string? text;
        lock (_lock)
        {
            text = ResourceOf(request.Resource).Find(request.Namespace, request.Name!)?.Json;
        }

        return text is null ? AnswerNotFoundAsync(context, request) : AnswerJsonAsync(context, text);
    }

    private Task AnswerListAsync(HttpContext context, FakeRequest request)
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            if (request.Continue is { } token && !_pages.ContainsKey(token))
            {
                return AnswerStatusAsync(context, 410, "Expired", "The provided continue parameter is too old");
            }

            var (version, rest) = request.Continue is { } known ? _pages[known] : (_version, ResourceOf(request.Resource).Objects.Where(request.Selects).ToList());
            var page = request.Limit is > 0 and var limit ? rest.Take(limit).ToList() : rest;
            var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
            if (page.Count < rest.Count)
            {
                var next = $"page-{(++_lastToken).ToString(CultureInfo.InvariantCulture)}";
                _pages[next] = (version, rest.Skip(page.Count).ToList());
                metadata["continue"] = next;
            }

            text.Append($$"""{"kind":"List","apiVersion":"v1","metadata":{{metadata.ToJsonString()}},"items":[""").AppendJoin(',', page.Select(item => item.Json)).Append("]}");
        }

        return AnswerJsonAsync(context, text.ToString());
    }

    private async Task AnswerWatchAsync(HttpContext context, FakeRequest request)
    {
        if (request.SendsInitialEvents && !StreamsLists)
        {
            await AnswerStatusAsync(context, 422, "Invalid", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
            return;
        }

        var watch = Open(request);
        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            using var timeout = new CancellationTokenSource(request.Timeout);
            using var registration = timeout.Token.Register(watch.End);
            while (await watch.Lines.WaitToReadAsync(context.RequestAborted))
            {
                while (watch.Lines.TryRead(out var line))
                {
                    await context.Response.WriteAsync(line + "\n", context.RequestAborted);
                }

                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever watched has left.
        }
        catch (IOException)
        {
            context.Abort(); // told to break
        }
        finally
        {
            lock (_lock)
            {
                _watches.Remove(watch);
            }
        }
    }

    /// <summary>Under one lock, so that nothing falls between what is told now and what is told as it happens.</summary>
    private FakeWatch Open(FakeRequest request)
    {
        lock (_lock)
        {
            var resource = ResourceOf(request.Resource);
            var watch = new FakeWatch(resource, request);
            if (request.SendsInitialEvents)
            {
                resource.Objects.Where(request.Selects).ToList().ForEach(item => watch.Write(EventLine("ADDED", item)));
                watch.Write(BookmarkLine(isInitialEnd: true));
            }
            else if (request.Version < _compacted)
            {
                watch.Write(new JsonObject { ["type"] = "ERROR", ["object"] = Status(410, "Expired", $"too old resource version: {request.Version} ({_compacted})") }.ToJsonString());
                watch.End();
                return watch;
            }
            else
            {
                resource.Events.Where(entry => entry.Version > request.Version && request.Selects(entry.Item)).ToList().ForEach(entry => watch.Write(entry.Line));
            }

            _watches.Add(watch);
            return watch;
        }
    }

    private static string EventLine(string type, FakeObject item) => $$"""{"type":"{{type}}","object":{{item.Json}}}""";

    private string BookmarkLine(bool isInitialEnd)
    {
        var annotations = isInitialEnd ? ""","annotations":{"k8s.io/initial-events-end":"true"}""" : "";
        return $$"""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"{{_version.ToString(CultureInfo.InvariantCulture)}}","creationTimestamp":null{{annotations}}} } }""";
    }
}
