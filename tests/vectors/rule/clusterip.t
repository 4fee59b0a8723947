# Gone from the kernel: unchecked.
%4
*filter
:INPUT
-d 10.31.3.236 -i lo -j CLUSTERIP --new --hashmode sourceip --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 0 --hash-init 1;-d 10.31.3.236/32 -i lo -j CLUSTERIP --new --hashmode sourceip --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 0 --hash-init 1;OK;unchecked
-j CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 01:aa:7b:47:f7:d7 --total-nodes 16 --local-node 16;-j CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 01:AA:7B:47:F7:D7 --total-nodes 16 --local-node 16 --hash-init 0;OK;unchecked
-j CLUSTERIP --new --hashmode sourceip-sourceport-destport --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 1 --hash-init 7;=;OK;unchecked
-j CLUSTERIP;=;OK;unchecked
-j CLUSTERIP --new;=;FAIL
-j CLUSTERIP --hashmode sourceip;=;FAIL
-j CLUSTERIP --new --hashmode foo --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 0;=;FAIL
-j CLUSTERIP --new --hashmode sourceip --clustermac 00:AA:7B:47:F7:D7 --total-nodes 2 --local-node 0;=;FAIL
-j CLUSTERIP --new --hashmode sourceip --clustermac 01:AA:7B:47:F7 --total-nodes 2 --local-node 0;=;FAIL
-j CLUSTERIP --new --hashmode sourceip --clustermac 01:AA:7B:47:F7:D7 --total-nodes 17 --local-node 0;=;FAIL
-j CLUSTERIP --new --hashmode sourceip --clustermac 01:AA:7B:47:F7:D7 --total-nodes 2 --local-node 3;=;FAIL
:FORWARD
-j CLUSTERIP;=;FAIL
%6
:INPUT
-j CLUSTERIP;=;FAIL
