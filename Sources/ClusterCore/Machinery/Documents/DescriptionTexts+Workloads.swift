// Pods and what makes them.
extension DescriptionTexts {
    static let pods = """
        =api.core.v1.Pod|Pod is a group of containers that run together on one node and share its network address and volumes.
        spec|What is to run.
        status|What is running, as the node last reported it.
        =api.core.v1.PodTemplateSpec|PodTemplateSpec is the form that new pods are made after.
        spec|What the pods are to run.
        =api.core.v1.PodSpec|PodSpec says which containers run, where, and with what.
        containers|The containers of the pod, one at least. They cannot be added or removed later.
        initContainers|Containers that run one after the other, each to its end, before the others start. With restartPolicy Always one stays and the next begins.
        ephemeralContainers|Containers added to a running pod for debugging, through the ephemeralcontainers subresource.
        volumes|Volumes that containers of the pod may mount.
        restartPolicy|Always, OnFailure or Never: what happens when a container ends. Always when empty.
        nodeName|The node that the pod runs on. The scheduler fills it in.
        nodeSelector|Labels that the node must have.
        affinity|Demands and wishes about nodes, and about pods nearby.
        tolerations|Taints of nodes that do not keep this pod away.
        topologySpreadConstraints|How pods spread over zones, nodes and the like.
        schedulerName|Which scheduler places the pod. default-scheduler when empty.
        priorityClassName|The class that says how important the pod is.
        priority|How important the pod is. Filled in from its class.
        preemptionPolicy|PreemptLowerPriority or Never: whether it may displace others.
        serviceAccountName|The account that the pod's processes act as. default when empty.
        serviceAccount|Older name of serviceAccountName.
        automountServiceAccountToken|Whether the account's token is given to the containers as a file.
        securityContext|User, group and the like for all containers of the pod.
        imagePullSecrets|Secrets for pulling the images.
        hostname|Host name inside the pod. The pod's name when empty.
        subdomain|Gives the pod the name HOSTNAME.SUBDOMAIN.NAMESPACE.svc, if a headless service of this name exists.
        hostNetwork|True: the pod uses the node's network.
        hostPID|True: the pod sees the node's processes.
        hostIPC|True: the pod shares the node's inter-process communication.
        hostUsers|False: the pod gets a user namespace of its own.
        hostAliases|Lines for /etc/hosts of the pod.
        dnsPolicy|ClusterFirst, ClusterFirstWithHostNet, Default or None: whom the pod asks for names.
        dnsConfig|Further settings of /etc/resolv.conf.
        terminationGracePeriodSeconds|Seconds between the signal to end and the kill. 30 when empty.
        activeDeadlineSeconds|Seconds after which a pod that still runs is failed.
        shareProcessNamespace|True: the containers see each other's processes.
        enableServiceLinks|False: services of the namespace are not put into the environment.
        readinessGates|Further conditions that must be True for the pod to be ready.
        runtimeClassName|The class of runtime that runs the pod.
        overhead|What the runtime needs besides the containers.
        os|The operating system that the pod needs.
        resources|Resources of the pod as a whole.
        schedulingGates|While not empty, the pod is not placed.
        setHostnameAsFQDN|True: the host name is the full one.
        resourceClaims|Claims for devices that containers of the pod may use.
        =api.core.v1.PodStatus|PodStatus is what the node last reported of a pod.
        phase|Pending, Running, Succeeded, Failed or Unknown.
        conditions|PodScheduled, Initialized, ContainersReady, Ready and others.
        containerStatuses|One entry per container.
        initContainerStatuses|One entry per init container.
        hostIP|Address of the node.
        podIP|Address of the pod.
        podIPs|Addresses of the pod, one per family.
        startTime|When the node took the pod over.
        qosClass|Guaranteed, Burstable or BestEffort, by requests and limits.
        reason|One word about the state.
        message|The state in words.
        nominatedNodeName|The node where lower pods make room for this one.
        =api.core.v1.Container|Container is one process tree of a pod, started from an image.
        name|Name of the container, unique in the pod. It cannot be changed.
        image|The image to run.
        imagePullPolicy|Always, IfNotPresent or Never. Always for the tag latest, else IfNotPresent.
        command|What to run instead of the image's entry point. $(NAME) stands for an environment variable.
        args|Arguments, instead of the image's own.
        workingDir|Where the process starts. The image's directory when empty.
        env|Environment variables.
        envFrom|ConfigMaps and Secrets whose every key becomes an environment variable.
        ports|Ports that the container listens on. For information: others can be reached as well.
        resources|What the container needs at least and may use at most.
        resizePolicy|Whether a change of resources restarts the container.
        volumeMounts|Where volumes of the pod appear in the container's files.
        volumeDevices|Volumes that appear as block devices.
        livenessProbe|Restarts the container when it fails.
        readinessProbe|Takes the pod out of services while it fails.
        startupProbe|Holds the other probes back until it has succeeded once.
        lifecycle|What to run after the start and before the end.
        restartPolicy|Always, for an init container that goes on beside the others.
        securityContext|User, capabilities and the like; goes before the pod's.
        stdin|True: the process gets an input that can be attached to.
        stdinOnce|True: the input is closed after the first one who attached.
        tty|True: the process gets a terminal.
        terminationMessagePath|The file whose content is shown when the container ends. /dev/termination-log when empty.
        terminationMessagePolicy|File, or FallbackToLogsOnError.
        =api.core.v1.ContainerPort|ContainerPort is a port that a container listens on.
        containerPort|The number.
        name|A name that services and probes may use.
        protocol|TCP, UDP or SCTP; TCP when empty.
        hostPort|A port of the node that leads here.
        hostIP|The node's address that hostPort is bound to.
        =api.core.v1.EnvVar|EnvVar is one environment variable.
        name|Name of the variable.
        value|Its value. $(NAME) stands for a variable that was defined before.
        valueFrom|Where the value comes from. Not together with value.
        =api.core.v1.EnvVarSource|EnvVarSource says where a variable's value comes from.
        configMapKeyRef|A key of a ConfigMap.
        fieldRef|A field of the pod, as metadata.name or status.podIP.
        resourceFieldRef|A request or limit of a container.
        secretKeyRef|A key of a Secret.
        =api.core.v1.ResourceRequirements|ResourceRequirements says what a container needs and may use.
        requests|What is set aside for the container on its node. The limits when empty.
        limits|What it cannot exceed.
        claims|Devices from the pod's resourceClaims.
        =api.core.v1.Probe|Probe asks a container how it is.
        exec|Runs a command: exit status 0 is success.
        httpGet|Sends a GET: a status from 200 to 399 is success.
        tcpSocket|Opens a connection.
        grpc|Calls the gRPC health service.
        initialDelaySeconds|Seconds from the start to the first probe.
        periodSeconds|Seconds from probe to probe. 10 when empty.
        timeoutSeconds|Seconds after which a probe has failed. 1 when empty.
        failureThreshold|Failures in a row that count as failed. 3 when empty.
        successThreshold|Successes in a row that count as well again. 1 when empty.
        terminationGracePeriodSeconds|Seconds to end when this probe restarts the container; the pod's when empty.
        =api.core.v1.HTTPGetAction|HTTPGetAction is a GET request.
        path|Path of the request.
        port|Number or name of a port.
        host|Whom to ask. The pod's address when empty.
        scheme|HTTP or HTTPS.
        httpHeaders|Headers to send.
        =api.core.v1.SecurityContext|SecurityContext says with which rights a container runs.
        runAsUser|The user id.
        runAsGroup|The group id.
        runAsNonRoot|True: the container is not started as user 0.
        privileged|True: as root on the node.
        readOnlyRootFilesystem|True: the image's files cannot be written to.
        allowPrivilegeEscalation|False: no process gets more rights than its parent.
        capabilities|Linux capabilities to add and to drop.
        seccompProfile|Which system calls are allowed.
        =api.core.v1.PodSecurityContext|PodSecurityContext holds for all containers of a pod.
        runAsUser|The user id.
        runAsGroup|The group id.
        runAsNonRoot|True: no container is started as user 0.
        fsGroup|The group that volumes belong to.
        supplementalGroups|Further groups of the processes.
        sysctls|Kernel settings for the pod.
        seccompProfile|Which system calls are allowed.
        =api.core.v1.Volume|Volume is a directory that containers of a pod can mount.
        name|Name that volumeMounts use.
        configMap|The keys of a ConfigMap as files.
        secret|The keys of a Secret as files.
        emptyDir|An empty directory that lives as long as the pod.
        hostPath|A file or directory of the node.
        persistentVolumeClaim|The storage of a claim in the same namespace.
        projected|Several sources in one directory: ConfigMaps, Secrets, fields of the pod, tokens.
        downwardAPI|Fields of the pod as files.
        csi|Storage of a CSI driver.
        nfs|A directory of an NFS server.
        image|The files of an image.
        ephemeral|A claim that is made and deleted with the pod.
        =api.core.v1.VolumeMount|VolumeMount puts a volume into a container's files.
        name|The volume.
        mountPath|Where it appears.
        readOnly|True: it cannot be written to.
        subPath|A path inside the volume to mount instead of all of it.
        subPathExpr|The same, with $(NAME) for environment variables.
        mountPropagation|Whether later mounts are seen across: None, HostToContainer, Bidirectional.
        =api.core.v1.Toleration|Toleration lets a pod onto nodes that have a taint.
        key|The taint's key. Empty with Exists: every taint.
        operator|Equal or Exists.
        value|The taint's value, for Equal.
        effect|The taint's effect. Empty: every effect.
        tolerationSeconds|Seconds that a running pod stays with a NoExecute taint. Empty: for ever.
        """

    static let workloads = """
        =api.apps.v1.Deployment|Deployment keeps a number of equal pods running and replaces them step by step when their template changes.
        spec|How many pods, made after which template, and how to change them.
        status|How far the deployment is.
        =api.apps.v1.DeploymentSpec|DeploymentSpec says which pods run and how they are replaced.
        replicas|How many pods are wanted. 1 when empty.
        selector|Labels of the deployment's pods; those of the template must match. It cannot be changed.
        template|The form of the pods. Its restartPolicy is Always.
        strategy|How old pods are replaced by new ones.
        minReadySeconds|Seconds that a new pod must be ready to count as available.
        revisionHistoryLimit|How many old ReplicaSets are kept for a rollback. 10 when empty.
        paused|True: changes of the template wait.
        progressDeadlineSeconds|Seconds without progress after which the deployment counts as failed. 600 when empty.
        =api.apps.v1.DeploymentStrategy|DeploymentStrategy says how pods are replaced.
        type|RollingUpdate: little by little; Recreate: all old ones first.
        rollingUpdate|Limits of a rolling update.
        =api.apps.v1.RollingUpdateDeployment|RollingUpdateDeployment limits a rolling update.
        maxSurge|Pods above the wanted number, as a number or a percentage. 25% when empty.
        maxUnavailable|Pods that may be missing, as a number or a percentage. 25% when empty.
        =api.apps.v1.DeploymentStatus|DeploymentStatus tells how far a deployment is.
        availableReplicas|Pods that have been ready long enough.
        conditions|Available, Progressing, ReplicaFailure.
        observedGeneration|The generation that this status is about.
        readyReplicas|Pods that are ready.
        replicas|Pods that exist.
        unavailableReplicas|Pods that are still missing.
        updatedReplicas|Pods made after the present template.
        =api.apps.v1.ReplicaSet|ReplicaSet keeps a number of equal pods running. Deployments make them.
        =api.apps.v1.ReplicaSetSpec|ReplicaSetSpec says which pods run.
        replicas|How many pods are wanted. 1 when empty.
        selector|Labels of its pods. It cannot be changed.
        template|The form of the pods.
        minReadySeconds|Seconds that a new pod must be ready to count as available.
        =api.apps.v1.StatefulSet|StatefulSet keeps pods with lasting names and storage: NAME-0, NAME-1 and so on.
        =api.apps.v1.StatefulSetSpec|StatefulSetSpec says which pods run.
        replicas|How many pods are wanted. 1 when empty.
        selector|Labels of its pods. It cannot be changed.
        serviceName|The headless service that gives the pods their names.
        template|The form of the pods.
        volumeClaimTemplates|Claims that each pod gets for itself.
        podManagementPolicy|OrderedReady: one after the other; Parallel: all at once.
        updateStrategy|How pods are replaced when the template changes.
        =api.apps.v1.DaemonSet|DaemonSet keeps one pod running on every node, or on those that its template selects.
        =api.apps.v1.DaemonSetSpec|DaemonSetSpec says which pod runs on the nodes.
        selector|Labels of its pods. It cannot be changed.
        template|The form of the pods.
        updateStrategy|How pods are replaced when the template changes.
        minReadySeconds|Seconds that a new pod must be ready to count as available.
        =api.batch.v1.Job|Job runs pods until enough of them have ended well.
        spec|What to run, and how often.
        status|How far the job is.
        =api.batch.v1.JobSpec|JobSpec says what to run, and how often.
        template|The form of the pods. Its restartPolicy is OnFailure or Never.
        completions|How many pods must end well. 1 when empty.
        parallelism|How many may run at once. 1 when empty.
        completionMode|NonIndexed, or Indexed: each pod gets a number.
        backoffLimit|Failures after which the job has failed. 6 when empty.
        activeDeadlineSeconds|Seconds after which a job that still runs is failed.
        ttlSecondsAfterFinished|Seconds after its end at which the job is deleted. Empty: never.
        suspend|True: no pod runs.
        selector|Labels of the job's pods. Usually left to the system.
        manualSelector|True: selector and labels are yours to get right.
        podFailurePolicy|What which failure means.
        successPolicy|When an Indexed job counts as done early.
        =api.batch.v1.CronJob|CronJob makes a Job at the times of a schedule.
        spec|When, and which job.
        status|What ran last, and what runs.
        =api.batch.v1.CronJobSpec|CronJobSpec says when which job is made.
        schedule|Minute, hour, day of month, month, day of week, as cron has it.
        timeZone|The zone of the schedule, as Europe/Berlin. The controller's when empty.
        jobTemplate|The form of the jobs.
        concurrencyPolicy|Allow, Forbid, or Replace: what happens when the last one still runs.
        suspend|True: nothing new starts.
        startingDeadlineSeconds|How late a run may begin. Empty: as late as it is.
        successfulJobsHistoryLimit|How many jobs that ended well are kept. 3 when empty.
        failedJobsHistoryLimit|How many failed jobs are kept. 1 when empty.
        """
}
