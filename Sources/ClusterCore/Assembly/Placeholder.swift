// ClusterCore
