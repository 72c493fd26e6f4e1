using System.Collections.Frozen;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>
/// Fields that Kubernetes has (up to 1.34, and those of old versions still found in manifests) and EdgeProxy does not use. They are
/// listed so that no legitimate manifest is called misspelt: <c>initContainers</c> is near <c>containers</c>, <c>podIP</c> near <c>podIPs</c>.
/// </summary>
internal static class UnusedFields
{
    private static readonly FrozenDictionary<Type, FrozenSet<string>> ByType = new Dictionary<Type, string>
    {
        [typeof(ObjectMeta)] = """
            generateName selfLink generation deletionGracePeriodSeconds ownerReferences finalizers managedFields clusterName
            initializers
            """,
        [typeof(ServiceSpec)] = "topologyKeys trafficDistribution ipFamily",
        [typeof(ServiceStatus)] = "conditions",
        [typeof(LoadBalancerIngress)] = "ports",
        [typeof(SliceEndpoint)] = "deprecatedTopology",
        [typeof(SliceEndpointV1Beta1)] = "zone",
        [typeof(ObjectReference)] = "apiVersion uid resourceVersion fieldPath",
        [typeof(EndpointSubsetAddress)] = "",
        [typeof(IngressV1Beta1)] = "status",
        [typeof(IngressClassSpec)] = "parameters",
        [typeof(Namespace)] = "spec status",
        [typeof(Secret)] = "immutable",
        [typeof(ConfigMap)] = "immutable binaryData",
        [typeof(NodeSpec)] = "providerID unschedulable taints configSource externalID",
        [typeof(NodeStatus)] = """
            capacity allocatable phase conditions daemonEndpoints nodeInfo images volumesInUse volumesAttached config runtimeHandlers features
            declaredFeatures
            """,
        [typeof(PodSpec)] = """
            volumes initContainers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector
            serviceAccountName serviceAccount automountServiceAccountToken hostNetwork hostPID hostIPC shareProcessNamespace securityContext
            imagePullSecrets affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates
            runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers
            schedulingGates resourceClaims resources hostnameOverride workloadRef
            """,
        [typeof(Container)] = """
            image command args workingDir envFrom env resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices
            livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext
            stdin stdinOnce tty
            """,
        [typeof(ContainerPort)] = "hostPort hostIP",
        [typeof(PodStatus)] = """
            observedGeneration message reason nominatedNodeName hostIP hostIPs startTime initContainerStatuses containerStatuses qosClass
            ephemeralContainerStatuses resize resourceClaimStatuses extendedResourceClaimStatus allocatedResources resources
            """,
        [typeof(PodCondition)] = "observedGeneration lastProbeTime lastTransitionTime reason message",
        [typeof(Workload)] = "status",
        [typeof(WorkloadSpec)] = """
            selector strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds rollbackTo updateStrategy templateGeneration
            podManagementPolicy volumeClaimTemplates persistentVolumeClaimRetentionPolicy ordinals
            """,
    }.ToFrozenDictionary(pair => pair.Key, pair => Words(pair.Value));

    /// <summary>The unused fields of a type; empty when it has none.</summary>
    public static FrozenSet<string> Of(Type type) => ByType.GetValueOrDefault(type, FrozenSet<string>.Empty);

    private static FrozenSet<string> Words(string text) =>
        text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
