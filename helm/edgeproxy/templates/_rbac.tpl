{{/*
The rules of one role of files/rbac.yaml, which is config/rbac/cluster.yaml: what is permitted is written down once. As a JSON object
{"namespaced": [...], "cluster": [...]}: rules for objects of a namespace, and for those that belong to none. Takes root, v and role.
*/}}
{{- define "edgeproxy.rules" -}}
{{- $role := .role -}}
{{- $v := .v -}}
{{- $namespaced := list -}}
{{- $cluster := list -}}
{{- $secrets := get $v.settings "watch-secrets" | default "referenced" -}}
{{- range splitList "\n---\n" (.root.Files.Get "files/rbac.yaml") -}}
{{- $object := fromYaml . -}}
{{- if and (has $object.kind (list "ClusterRole" "Role")) (eq $object.metadata.name $role) -}}
{{- range $rule := $object.rules -}}
{{- $inNamespace := list -}}
{{- $inCluster := list -}}
{{- range $rule.resources -}}
{{- if or (and (eq . "secrets") (eq $secrets "none")) (and (eq . "ingresses/status") (not $v.updateStatus)) -}}
{{- /* not asked for, so not permitted */ -}}
{{- else if has . (list "nodes" "ingressclasses" "namespaces") -}}
{{- $inCluster = append $inCluster . -}}
{{- else -}}
{{- $inNamespace = append $inNamespace . -}}
{{- end -}}
{{- end -}}
{{- if $inNamespace }}{{ $namespaced = append $namespaced (set (deepCopy $rule) "resources" $inNamespace) }}{{ end -}}
{{- if $inCluster }}{{ $cluster = append $cluster (set (deepCopy $rule) "resources" $inCluster) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $role "edgeproxy-read") $v.settings.dns -}}
{{- $cluster = append $cluster (dict "apiGroups" (list "") "resources" (list "namespaces") "verbs" (list "list" "watch")) -}}
{{- end -}}
{{- dict "namespaced" $namespaced "cluster" $cluster | toJson -}}
{{- end -}}

{{/* A role and its binding. Takes root, name, rules and namespace; an empty namespace means the cluster. */}}
{{- define "edgeproxy.grant" -}}
{{- $kind := ternary "Role" "ClusterRole" (ne .namespace "") }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "edgeproxy.labels" .root | nindent 4 }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "edgeproxy.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "edgeproxy.serviceAccount" .root }}
    namespace: {{ include "edgeproxy.namespace" .root }}
{{- end -}}
