#!/usr/bin/env bash
# Builds the image of the Dockerfile with buildah and tries it: tests/image/build.sh [TAG]
#
# Where the registry of the base images can be reached this is the image that users get. Where it cannot, or with LOCAL=1, the same
# Dockerfile is built on two bases made of this machine: the shared runtime and the libraries it needs for one, and this machine's SDK, read
# only, for the other. What that does not prove is that Microsoft's images still look as the Dockerfile thinks.
#
# Prints the sizes and, as "ready after N ms", how long the image takes from its start to /readyz with the samples (the best of five).
# Exit code 77: cannot be done here, with the reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tag=${1:-localhost/edgeproxy:test}

for tool in buildah dotnet setcap unshare curl; do
    command -v "$tool" >/dev/null || { echo "skipped: '$tool' is not installed"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "skipped: mounting an image's files needs root"; exit 77; }

work=$(mktemp -d)
export BUILDAH_ISOLATION=chroot
buildah=(buildah --root "$work/root" --runroot "$work/run")
# shellcheck disable=SC2317
cleanup() {
    [ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || true
    "${buildah[@]}" rm --all >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT

arguments=()
if [ -n "${LOCAL:-}" ] || ! curl -sf -m 10 -o /dev/null https://mcr.microsoft.com/v2/; then
    echo "bases: made of this machine"
    dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")

    # The runtime image: what aspnet:…-chiseled has, with this machine's C library.
    base=$("${buildah[@]}" from scratch)
    files=$("${buildah[@]}" mount "$base")
    mkdir -p "$files"/{tmp,etc/ssl,usr/share/dotnet/shared} && chmod 1777 "$files/tmp"
    cp -a "$dotnet_root"/host "$files/usr/share/dotnet/"
    version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.AspNetCore.App" { v = $2 } END { print v }')
    for framework in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
        mkdir -p "$files/usr/share/dotnet/shared/$framework"
        cp -a "$dotnet_root/shared/$framework/$version" "$files/usr/share/dotnet/shared/$framework/"
    done
    cp -aL /etc/ssl/certs "$files/etc/ssl/certs"
    echo 'edgeproxy:x:65532:65532::/:/sbin/nologin' > "$files/etc/passwd"
    echo 'hosts: files dns' > "$files/etc/nsswitch.conf"
    libraries=$(find "$dotnet_root/shared" -name '*.so' -path "*$version*" -exec ldd {} + 2>/dev/null | awk '$2 == "=>" && $3 ~ "^/" { print $3 }' | sort -u)
    for library in $libraries /lib64/ld-linux-*.so* $(ldconfig -p | awk '/libssl\.so\.|libcrypto\.so\.|libnss_(dns|files)|libresolv\.so/ { print $NF }'); do
        case $library in "$dotnet_root"*) continue ;; esac
        mkdir -p "$files$(dirname "$library")" && cp -aL "$library" "$files$library"
    done
    "${buildah[@]}" commit -q "$base" localhost/edgeproxy-base >/dev/null

    # The SDK image: nothing, with this machine's /usr lent to it.
    sdk=$("${buildah[@]}" from scratch)
    files=$("${buildah[@]}" mount "$sdk")
    mkdir -p "$files"/{tmp,root,etc} && chmod 1777 "$files/tmp"
    for link in bin sbin lib lib64; do ln -s "usr/$link" "$files/$link"; done
    cp -aL /etc/ssl "$files/etc/"
    cp -a /etc/passwd /etc/nsswitch.conf "$files/etc/"
    "${buildah[@]}" commit -q "$sdk" localhost/edgeproxy-sdk >/dev/null
    packages=${NUGET_PACKAGES:-$HOME/.nuget}
    arguments=(--build-arg BASE_IMAGE=localhost/edgeproxy-base --build-arg SDK_IMAGE=localhost/edgeproxy-sdk --pull-never
        --volume /usr:/usr:ro --volume "$packages:/root/.nuget" --env HOME=/root --env DOTNET_NOLOGO=1 --env DOTNET_CLI_TELEMETRY_OPTOUT=1 --env NUGET_CERT_REVOCATION_MODE=offline)
    for variable in $(compgen -e | grep -iE '^(https?_proxy|no_proxy|SSL_CERT_(FILE|DIR))$'); do arguments+=(--env "$variable=${!variable}"); done
else
    echo "bases: from the registry"
fi

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
"${buildah[@]}" build "${arguments[@]}" --build-arg REVISION="$revision" --tag "$tag" . >"$work/log" 2>&1 || { tail -40 "$work/log"; exit 1; }

container=$("${buildah[@]}" from "$tag")
files=$("${buildah[@]}" mount "$container")
echo "program: $(du -sk "$files/app" | cut -f1) KiB"
"${buildah[@]}" push -q "$tag" "oci:$work/oci:test"
echo "image: $("${buildah[@]}" images --json "$tag" | awk -F'"' '/"size":/ { print $4 }'), $(du -sk "$work/oci" | cut -f1) KiB compressed"
"${buildah[@]}" inspect --type image --format 'user: {{.OCIv1.Config.User}}, entry: {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' "$tag"
echo
(cd "$files/app" && getcap edgeproxy*)

# As a container runtime starts it: its own files, its user, its environment.
mkdir -p "$files/proc" "$files/dev"
start() {
    # shellcheck disable=SC2016
    unshare --mount sh -c 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && files=$0 && exec env -i \
        DOTNET_EnableDiagnostics=0 LC_ALL=C "$(command -v chroot)" --userspec=65532:65532 --groups= "$files" "$@"' "$files" "$@" \
        --manifests /app/config/samples --admin-port "$port" --node-ip 127.0.0.1 >"$work/output" 2>&1 &
    pid=$!
    local began
    began=$(date +%s%N)
    until curl -sf -o /dev/null -m 1 "http://127.0.0.1:$port/readyz"; do
        kill -0 "$pid" 2>/dev/null || { cat "$work/output"; echo "it did not start"; exit 1; }
        [ $(($(date +%s%N) - began)) -lt 60000000000 ] || { cat "$work/output"; echo "not ready after a minute"; exit 1; }
        sleep 0.01
    done
    took=$((($(date +%s%N) - began) / 1000000))
}
stop() {
    kill -TERM "$pid"
    wait "$pid" || { cat "$work/output"; echo "it did not end well"; exit 1; }
    pid=
}

port=$((20000 + RANDOM % 20000))
best=
for _ in 1 2 3 4 5; do
    start /app/edgeproxy run --http-port 0 --https-port 0 --listen-address 127.0.0.1
    stop
    if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
done
echo "ready after $best ms"

# The same user on port 80, by the capability of the other file.
address=127.$((RANDOM % 200 + 20)).$((RANDOM % 200)).1
start /app/edgeproxy-bind run --http-port 80 --https-port 443 --listen-address "$address"
answer=$(curl -s -o /dev/null -w '%{http_code}' -m 5 -H 'Host: foo.bar.com' "http://$address/nowhere")
grep -q "^Uid:[[:space:]]*65532" "/proc/$pid/status"
stop
echo "port 80 as uid 65532: answers $answer"
