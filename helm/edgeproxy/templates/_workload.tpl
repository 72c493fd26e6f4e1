{{/*
A Deployment or a DaemonSet. Takes root, v (the values for it), kind, name and component.
*/}}
{{- define "edgeproxy.workload" -}}
{{- $root := .root -}}
{{- $v := .v -}}
{{- $capabilities := compact (splitList "," (include "edgeproxy.capabilities" $v)) -}}
{{- $owner := eq $v.vips "redirect" -}}
{{- if and (ne $v.vips "off") (not $v.hostNetwork) }}{{ fail "vips: the addresses of Services belong to the node, so hostNetwork must be true" }}{{ end -}}
{{- if or (hasPrefix "127." $v.admin.address) (eq $v.admin.address "::1") }}{{ fail "admin.address: kubelet, whose probes ask the admin port, could not reach a loopback address" }}{{ end -}}
{{- if and $v.hostNetwork $v.hostPort.enabled }}{{ fail "hostPort.enabled: with hostNetwork the ports of the pod are those of the node already" }}{{ end -}}
{{- $grace := add $v.shutdown.preStopSeconds $v.shutdown.drainSeconds 15 -}}
apiVersion: apps/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  namespace: {{ include "edgeproxy.namespace" $root }}
  labels:
    {{- include "edgeproxy.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $v.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $v.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if and (eq .kind "Deployment") (not $v.autoscaling.enabled) }}
  replicas: {{ int $v.replicaCount }}
  {{- end }}
  revisionHistoryLimit: {{ int $v.revisionHistoryLimit }}
  minReadySeconds: {{ int $v.minReadySeconds }}
  selector:
    matchLabels:
      {{- include "edgeproxy.selectorLabels" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  {{- if eq .kind "Deployment" }}
  {{- if $v.updateStrategy }}
  strategy:
    {{- toYaml $v.updateStrategy | nindent 4 }}
  {{- else if or $v.hostNetwork $v.hostPort.enabled }}
  # A node has each port once: a new pod can only come where an old one has gone.
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 1, maxSurge: 0}
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  {{- else }}
  updateStrategy:
    {{- toYaml ($v.updateStrategy | default (dict "type" "RollingUpdate" "rollingUpdate" (dict "maxUnavailable" 1))) | nindent 4 }}
  {{- end }}
  template:
    metadata:
      # By exactly these replicas find each other (docs/kubernetes.md), so nothing of a version is among them.
      labels:
        {{- include "edgeproxy.selectorLabels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- with $v.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with $v.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $v.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "edgeproxy.serviceAccount" $root }}
      automountServiceAccountToken: {{ $v.serviceAccount.automountServiceAccountToken }}
      # A Service named edgeproxy would make variables that look like settings.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ int ($v.terminationGracePeriodSeconds | default $grace) }}
      {{- with $v.hostname }}
      hostname: {{ . }}
      {{- end }}
      {{- if $v.hostNetwork }}
      hostNetwork: true
      {{- end }}
      dnsPolicy: {{ $v.dnsPolicy | default (ternary "ClusterFirstWithHostNet" "ClusterFirst" $v.hostNetwork) }}
      {{- with $v.dnsConfig }}
      dnsConfig:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $v.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if $v.priorityClassName }}
      priorityClassName: {{ $v.priorityClassName }}
      {{- else if eq .component "node" }}
      priorityClassName: system-node-critical
      {{- end }}
      {{- with $v.runtimeClassName }}
      runtimeClassName: {{ . }}
      {{- end }}
      securityContext:
        {{- $context := deepCopy $v.podSecurityContext }}
        {{- if $owner }}{{ $context = mergeOverwrite $context (dict "runAsNonRoot" false "runAsUser" 0) }}{{ end }}
        {{- if $v.sysctls }}
        {{- $sysctls := list }}
        {{- range $name, $value := $v.sysctls }}{{ $sysctls = append $sysctls (dict "name" $name "value" (toString $value)) }}{{ end }}
        {{- $context = merge $context (dict "sysctls" $sysctls) }}
        {{- end }}
        {{- toYaml $context | nindent 8 }}
      {{- with $v.extraInitContainers }}
      initContainers:
        {{- tpl (toYaml .) $root | nindent 8 }}
      {{- end }}
      containers:
        - name: edgeproxy
          image: {{ include "edgeproxy.image" $root }}
          imagePullPolicy: {{ $v.image.pullPolicy }}
          # Who is no root has a capability from the file that is started (Dockerfile).
          command:
            {{- if or $owner (not $capabilities) }}
            - /app/edgeproxy
            {{- else }}
            - /app/edgeproxy-bind{{ if has "NET_ADMIN" $capabilities }}-admin{{ end }}{{ if has "NET_RAW" $capabilities }}-raw{{ end }}
            {{- end }}
          args:
            {{- include "edgeproxy.args" (dict "root" $root "v" $v) | nindent 12 }}
          env:
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - name: POD_NAMESPACE
              valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
            - name: POD_IP
              valueFrom: {fieldRef: {fieldPath: status.podIP}}
            - name: NODE_NAME
              valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
            {{- with $v.extraEnvs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - name: http
              containerPort: {{ include "edgeproxy.httpPort" $v }}
              {{- if $v.hostPort.enabled }}
              hostPort: {{ int $v.hostPort.ports.http }}
              {{- end }}
            - name: https
              containerPort: {{ include "edgeproxy.httpsPort" $v }}
              {{- if $v.hostPort.enabled }}
              hostPort: {{ int $v.hostPort.ports.https }}
              {{- end }}
            - name: admin
              containerPort: {{ int $v.admin.port }}
            {{- range $port, $_ := $v.tcp }}
            - name: {{ include "edgeproxy.portName" (dict "v" $v "port" $port "protocol" "tcp") }}
              containerPort: {{ int $port }}
              {{- if $v.hostPort.enabled }}
              hostPort: {{ int $port }}
              {{- end }}
            {{- end }}
            {{- range $port, $_ := $v.udp }}
            - name: {{ include "edgeproxy.portName" (dict "v" $v "port" $port "protocol" "udp") }}
              containerPort: {{ int $port }}
              protocol: UDP
              {{- if $v.hostPort.enabled }}
              hostPort: {{ int $port }}
              {{- end }}
            {{- end }}
          {{- $alive := dict "path" "/healthz" "port" "admin" }}
          {{- $ready := dict "path" "/readyz" "port" "admin" }}
          # Alive is who answers; ready, whose first complete snapshot is live. Nobody is restarted because the API server is away.
          startupProbe:
            {{- mergeOverwrite (dict "httpGet" $alive "periodSeconds" 1 "timeoutSeconds" 2 "failureThreshold" 60) $v.startupProbe | toYaml | nindent 12 }}
          livenessProbe:
            {{- mergeOverwrite (dict "httpGet" $alive "periodSeconds" 10 "timeoutSeconds" 5 "failureThreshold" 5) $v.livenessProbe | toYaml | nindent 12 }}
          readinessProbe:
            {{- mergeOverwrite (dict "httpGet" $ready "periodSeconds" 2 "timeoutSeconds" 2 "failureThreshold" 3) $v.readinessProbe | toYaml | nindent 12 }}
          {{- if $v.lifecycle }}
          lifecycle:
            {{- toYaml $v.lifecycle | nindent 12 }}
          {{- else if and (gt (int $v.shutdown.preStopSeconds) 0) (semverCompare ">=1.30.0-0" $root.Capabilities.KubeVersion.Version) }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ int $v.shutdown.preStopSeconds }}
          {{- end }}
          securityContext:
            {{- $added := ternary (dict "drop" (list "ALL") "add" $capabilities) (dict "drop" (list "ALL")) (gt (len $capabilities) 0) }}
            {{- mergeOverwrite (dict "capabilities" $added) $v.containerSecurityContext | toYaml | nindent 12 }}
          {{- with $v.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if ne $v.state.type "none" }}
            - name: state
              mountPath: /var/lib/edgeproxy
            {{- end }}
            {{- with $v.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
        {{- with $v.extraContainers }}
        {{- tpl (toYaml .) $root | nindent 8 }}
        {{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
        {{- if eq $v.state.type "hostPath" }}
        - name: state
          hostPath:
            path: {{ $v.state.hostPath }}
            type: DirectoryOrCreate
        {{- else if eq $v.state.type "emptyDir" }}
        - name: state
          emptyDir: {}
        {{- end }}
        {{- with $v.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $v.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $v.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $v.affinity }}
      affinity:
        {{- tpl (toYaml .) $root | nindent 8 }}
      {{- end }}
      {{- if $v.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- tpl (toYaml $v.topologySpreadConstraints) $root | nindent 8 }}
      {{- else if eq .kind "Deployment" }}
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "edgeproxy.selectorLabels" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $.component }}
        {{- end }}
      {{- end }}
{{- end -}}
