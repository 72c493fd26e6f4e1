{{/*
The values everything else reads: ours, and over them those of `controller`, ingress-nginx's, where the name means the same.
*/}}
{{- define "edgeproxy.values" -}}
{{- $own := omit .Values "controller" -}}
{{- $same := dict -}}
{{- range $key, $value := .Values.controller -}}
{{- if and (hasKey $own $key) (not (has $key (list "image" "lifecycle"))) -}}
{{- if has $key (list "startupProbe" "livenessProbe" "readinessProbe") -}}
{{- $_ := set $same $key (omit $value "httpGet" "exec" "tcpSocket" "grpc") -}}
{{- else -}}
{{- $_ := set $same $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $merged := mergeOverwrite (deepCopy $own) $same -}}
{{- /* A bare off is false in YAML. */ -}}
{{- range $one := list $merged $merged.node -}}
{{- if kindIs "bool" $one.vips }}{{ $_ := set $one "vips" "off" }}{{ end -}}
{{- end -}}
{{- if kindIs "bool" $merged.log.access }}{{ $_ := set $merged.log "access" "off" }}{{ end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/*
Flags of ingress-nginx, and the flag of ours that means the same. All others of extraArgs are ours already, or are dropped and NOTES say so.
*/}}
{{- define "edgeproxy.nginxFlags" -}}
controller-class: controller
default-ssl-certificate: default-certificate
enable-ssl-passthrough: ssl-passthrough
healthz-host: admin-address
healthz-port: admin-port
{{- end -}}

{{/* Flags of ingress-nginx that nothing here corresponds to. */}}
{{- define "edgeproxy.foreignFlags" -}}
- annotations-prefix
- apiserver-host
- bucket-factor
- certificate-authority
- controllerclass
- deep-inspect
- default-server-port
- disable-catch-all
- disable-full-test
- disable-leader-election
- disable-svc-external-name
- disable-sync-events
- dynamic-configuration-retries
- election-ttl
- enable-annotation-validation
- enable-metrics
- enable-topology-aware-routing
- exclude-socket-metrics
- health-check-path
- health-check-timeout
- internal-logger-address
- length-buckets
- maxmind-edition-ids
- maxmind-license-key
- maxmind-mirror
- maxmind-retries-count
- maxmind-retries-timeout
- metrics-per-host
- metrics-per-undefined-host
- monitor-max-batch-size
- post-shutdown-grace-period
- profiler-address
- profiler-port
- profiling
- publish-status-address-of-nodes
- report-node-internal-ip-address
- report-status-classes
- shutdown-grace-period
- size-buckets
- skip_headers
- ssl-passthrough-proxy-port
- status-port
- status-update-interval
- stderrthreshold
- stream-port
- sync-period
- sync-rate-limit
- time-buckets
- v
- validating-webhook
- validating-webhook-certificate
- validating-webhook-key
- vmodule
- watch-namespace-selector
{{- end -}}

{{- define "edgeproxy.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "edgeproxy.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "edgeproxy.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "edgeproxy.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "edgeproxy.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "edgeproxy.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "edgeproxy.selectorLabels" -}}
app.kubernetes.io/name: {{ include "edgeproxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "edgeproxy.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "edgeproxy.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "edgeproxy.image" -}}
{{- $registry := .Values.global.image.registry | default .Values.image.registry -}}
{{- with $registry -}}{{ . }}/{{- end -}}{{ .Values.image.repository }}
{{- if .Values.image.digest -}}@{{ .Values.image.digest }}{{- else -}}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end -}}
{{- end -}}

{{/* The Lease by which replicas elect. Its name is the release's, so that two installations do not share a leader. */}}
{{- define "edgeproxy.electionID" -}}
{{- $v := fromYaml (include "edgeproxy.values" .) -}}
{{- $v.electionID | default (printf "%s-leader" (include "edgeproxy.fullname" .)) -}}
{{- end -}}

{{/* The namespaces that are read, as a JSON object {"list": [...]}; empty: all. */}}
{{- define "edgeproxy.watched" -}}
{{- $v := fromYaml (include "edgeproxy.values" .) -}}
{{- $names := list -}}
{{- if $v.scope.enabled -}}
{{- range splitList "," ($v.scope.namespace | default .Release.Namespace) -}}
{{- $names = append $names (trim .) -}}
{{- end -}}
{{- end -}}
{{- dict "list" $names | toJson -}}
{{- end -}}

{{/* Ports of the container. Takes the values of one workload. */}}
{{- define "edgeproxy.httpPort" -}}
{{- .containerPort.http | default (ternary 80 8080 .hostNetwork) -}}
{{- end -}}
{{- define "edgeproxy.httpsPort" -}}
{{- .containerPort.https | default (ternary 443 8443 .hostNetwork) -}}
{{- end -}}

{{/* What the pods of one workload need besides nothing. Takes its values; prints capabilities with commas. */}}
{{- define "edgeproxy.capabilities" -}}
{{- $all := .capabilities | default list -}}
{{- $ports := list (include "edgeproxy.httpPort" .) (include "edgeproxy.httpsPort" .) -}}
{{- range $port, $_ := .tcp }}{{ $ports = append $ports $port }}{{ end -}}
{{- range $port, $_ := .udp }}{{ $ports = append $ports $port }}{{ end -}}
{{- range $ports }}{{ if lt (int .) 1024 }}{{ $all = append $all "NET_BIND_SERVICE" }}{{ end }}{{ end -}}
{{- if .settings.dns }}{{ $all = append $all "NET_BIND_SERVICE" }}{{ end -}}
{{- if ne .vips "off" }}{{ $all = append $all "NET_ADMIN" }}{{ end -}}
{{- if eq (get .settings "load-balancer-announce") "l2" }}{{ $all = concat $all (list "NET_ADMIN" "NET_RAW") }}{{ end -}}
{{- /* Addresses of Services have ports below 1024, and the image has no file with one of the others alone. */ -}}
{{- if $all }}{{ $all = append $all "NET_BIND_SERVICE" }}{{ end -}}
{{- $all | uniq | sortAlpha | join "," -}}
{{- end -}}

{{/*
Flags of one workload as a JSON object. What `settings` and `extraArgs` say wins over what the chart finds out.
*/}}
{{- define "edgeproxy.flags" -}}
{{- $root := .root -}}
{{- $v := .v -}}
{{- $namespace := include "edgeproxy.namespace" $root -}}
{{- $fullname := include "edgeproxy.fullname" $root -}}
{{- $class := $v.ingressClassResource -}}
{{- $flags := dict
    "node-name" "$(NODE_NAME)"
    "http-port" (include "edgeproxy.httpPort" $v)
    "https-port" (include "edgeproxy.httpsPort" $v)
    "admin-port" $v.admin.port
    "admin-address" ($v.admin.address | default (ternary "$(POD_IP)" "0.0.0.0" $v.hostNetwork))
    "shutdown-delay" (printf "%vs" $v.shutdown.delaySeconds)
    "drain-timeout" (printf "%vs" $v.shutdown.drainSeconds)
    "ingress-class" ($v.ingressClass | default $class.name)
    "controller" $class.controllerValue
    "election-id" (include "edgeproxy.electionID" $root)
    "log-level" $v.log.level
    "log-format" "json" -}}
{{- if $v.ingressClassByName }}{{ $_ := set $flags "ingress-class-by-name" true }}{{ end -}}
{{- if $v.watchIngressWithoutClass }}{{ $_ := set $flags "watch-ingress-without-class" true }}{{ end -}}
{{- $watched := (fromJson (include "edgeproxy.watched" $root)).list -}}
{{- with $watched }}{{ $_ := set $flags "watch-namespace" . }}{{ end -}}
{{- if $v.publishStatusAddress -}}
{{- $_ := set $flags "publish-status-address" $v.publishStatusAddress -}}
{{- else -}}
{{- $published := $v.publishService.enabled -}}
{{- /* All replicas must publish the same, whichever leads: that of the first workload. */ -}}
{{- $first := fromYaml (include "edgeproxy.values" $root) -}}
{{- if kindIs "invalid" $published }}{{ $published = and $first.service.enabled (not $first.hostNetwork) }}{{ end -}}
{{- $name := ternary $fullname (printf "%s-internal" $fullname) (ne $v.service.external.enabled false) -}}
{{- if $published }}{{ $_ := set $flags "publish-service" ($v.publishService.pathOverride | default (printf "%s/%s" $namespace $name)) }}{{ end -}}
{{- end -}}
{{- if not $v.updateStatus }}{{ $_ := set $flags "update-status" false }}{{ end -}}
{{- with $v.defaultCertificate }}{{ $_ := set $flags "default-certificate" . }}{{ end -}}
{{- if $v.config }}{{ $_ := set $flags "configmap" (printf "%s/%s" $namespace $fullname) }}{{ end -}}
{{- if $v.tcp }}{{ $_ := set $flags "tcp-services-configmap" (printf "%s/%s-tcp" $namespace $fullname) }}{{ end -}}
{{- if $v.udp }}{{ $_ := set $flags "udp-services-configmap" (printf "%s/%s-udp" $namespace $fullname) }}{{ end -}}
{{- if ne $v.vips "off" }}{{ $_ := set $flags "vips" $v.vips }}{{ end -}}
{{- if ne $v.log.access "off" }}{{ $_ := set $flags "access-log" $v.log.access }}{{ end -}}
{{- if ne $v.state.type "none" }}{{ $_ := set $flags "state-dir" "/var/lib/edgeproxy" }}{{ end -}}
{{- $theirs := fromYaml (include "edgeproxy.nginxFlags" $root) -}}
{{- $foreign := fromYamlArray (include "edgeproxy.foreignFlags" $root) -}}
{{- range $flag, $value := $v.extraArgs -}}
{{- if not (has $flag $foreign) -}}
{{- /* Theirs are written as --flag, or as flag: "". */ -}}
{{- $_ := set $flags (get $theirs $flag | default $flag) (ternary true $value (or (kindIs "invalid" $value) (eq (toString $value) ""))) -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite $flags ($v.settings | default dict) | toJson -}}
{{- end -}}

{{/* Those flags as arguments, in the order of the alphabet; lists are repeated. */}}
{{- define "edgeproxy.args" -}}
{{- $flags := fromJson (include "edgeproxy.flags" .) -}}
- run
{{- range $flag := keys $flags | sortAlpha }}
{{- $value := get $flags $flag }}
{{- if kindIs "slice" $value }}
{{- range $value }}
- {{ printf "--%s=%s" $flag (include "edgeproxy.text" .) | quote }}
{{- end }}
{{- else if not (kindIs "invalid" $value) }}
- {{ printf "--%s=%s" $flag (include "edgeproxy.text" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A number as it is written, not in powers of ten. */}}
{{- define "edgeproxy.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end -}}
{{- end -}}

{{/* Of a port that leads to a Service: 9000-tcp, with a prefix before it. Takes v, port and protocol. */}}
{{- define "edgeproxy.portName" -}}
{{- with .v.portNamePrefix }}{{ . }}-{{ end }}{{ .port }}-{{ .protocol -}}
{{- end -}}
