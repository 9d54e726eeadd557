// NodeNetwork
