{{/*
A Service of the proxy. Takes root, v (all values), service (those of this one), name and component.
*/}}
{{- define "edgeproxy.service" -}}
{{- $v := .v -}}
{{- $s := .service -}}
{{- $nodePorts := and (has $s.type (list "NodePort" "LoadBalancer")) true -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ include "edgeproxy.namespace" .root }}
  labels:
    {{- include "edgeproxy.labels" .root | nindent 4 }}
    {{- with $s.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $s.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $s.type }}
  {{- with $s.clusterIP }}
  clusterIP: {{ . | quote }}
  {{- end }}
  {{- with $s.clusterIPs }}
  clusterIPs: {{ toJson . }}
  {{- end }}
  {{- with $s.externalIPs }}
  externalIPs: {{ toJson . }}
  {{- end }}
  {{- with $s.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with $s.ipFamilies }}
  ipFamilies: {{ toJson . }}
  {{- end }}
  {{- with $s.sessionAffinity }}
  sessionAffinity: {{ . }}
  {{- end }}
  {{- with $s.internalTrafficPolicy }}
  internalTrafficPolicy: {{ . }}
  {{- end }}
  {{- with $s.trafficDistribution }}
  trafficDistribution: {{ . }}
  {{- end }}
  {{- if $nodePorts }}
  {{- with $s.externalTrafficPolicy }}
  externalTrafficPolicy: {{ . }}
  {{- end }}
  {{- end }}
  {{- if eq $s.type "LoadBalancer" }}
  {{- with $s.loadBalancerIP }}
  loadBalancerIP: {{ . | quote }}
  {{- end }}
  {{- with $s.loadBalancerClass }}
  loadBalancerClass: {{ . }}
  {{- end }}
  {{- with $s.loadBalancerSourceRanges }}
  loadBalancerSourceRanges: {{ toJson . }}
  {{- end }}
  {{- if kindIs "bool" $s.allocateLoadBalancerNodePorts }}
  allocateLoadBalancerNodePorts: {{ $s.allocateLoadBalancerNodePorts }}
  {{- end }}
  {{- with $s.healthCheckNodePort }}
  healthCheckNodePort: {{ int . }}
  {{- end }}
  {{- end }}
  ports:
    {{- range $name, $enabled := dict "http" $s.enableHttp "https" $s.enableHttps }}
    {{- if $enabled }}
    - name: {{ $name }}
      port: {{ int (get $s.ports $name) }}
      targetPort: {{ get $s.targetPorts $name }}
      protocol: TCP
      {{- if $s.appProtocol }}
      appProtocol: {{ $name }}
      {{- end }}
      {{- if $nodePorts }}
      {{- with get $s.nodePorts $name }}
      nodePort: {{ int . }}
      {{- end }}
      {{- end }}
    {{- end }}
    {{- end }}
    {{- range $protocol, $ports := dict "tcp" $v.tcp "udp" $v.udp }}
    {{- range $port, $_ := $ports }}
    - name: {{ include "edgeproxy.portName" (dict "v" $v "port" $port "protocol" $protocol) }}
      port: {{ int $port }}
      targetPort: {{ include "edgeproxy.portName" (dict "v" $v "port" $port "protocol" $protocol) }}
      protocol: {{ upper $protocol }}
      {{- if $nodePorts }}
      {{- with get (get $s.nodePorts $protocol | default dict) $port }}
      nodePort: {{ int . }}
      {{- end }}
      {{- end }}
    {{- end }}
    {{- end }}
  selector:
    {{- include "edgeproxy.selectorLabels" .root | nindent 4 }}
    app.kubernetes.io/component: proxy
{{- end -}}
