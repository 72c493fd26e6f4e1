# syntax=docker/dockerfile:1
# EdgeProxy as an image: the program compiled ahead of time on the shared ASP.NET Core runtime, without a shell, as an ordinary user.
# docs/install.md says how to build it, also for other platforms and without a registry.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG BASE_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

FROM --platform=$BUILDPLATFORM ${SDK_IMAGE} AS build
ARG TARGETARCH=amd64
WORKDIR /source
COPY Directory.* global.json BannedSymbols.txt .editorconfig ./
COPY src src
COPY config config
# Framework-dependent, so that a fix of the runtime is a change of the base image alone. The collector is that of workstations
# (Directory.Build.props): one heap, not one a processor of the node.
RUN dotnet publish src/EdgeProxy --configuration Release --arch "${TARGETARCH}" --self-contained false --output /app \
    -p:PublishReadyToRun=true -p:DebugType=embedded -p:PublishDocumentationFiles=false
# Who is no root gets capabilities from the file that is started, and the kernel refuses to start a file with one that the container may
# not have. So there is a file for each set: ports below 1024, addresses of our own, clients' addresses and layer 2.
RUN command -v setcap >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends libcap2-bin); \
    cd /app && for set in bind bind-admin bind-raw bind-admin-raw; do \
        rights=$(echo "$set" | sed 's/bind/cap_net_bind_service/; s/admin/cap_net_admin/; s/raw/cap_net_raw/; s/-/,/g') \
        && cp edgeproxy "edgeproxy-$set" && setcap "$rights=ep" "edgeproxy-$set" || exit 1; \
    done

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="EdgeProxy" \
      org.opencontainers.image.description="The userspace data plane for Kubernetes clusters that have no cloud load balancer" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /app /app
# Ports that nobody needs a capability for. The diagnostics socket would be the only file written.
ENV DOTNET_EnableDiagnostics=0 \
    EDGEPROXY_HTTP_PORT=8080 \
    EDGEPROXY_HTTPS_PORT=8443
USER 65532:65532
EXPOSE 8080 8443 9180
ENTRYPOINT ["/app/edgeproxy"]
CMD ["run"]
