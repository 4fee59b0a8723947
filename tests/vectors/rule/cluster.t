%4
*filter
:FORWARD
-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-node 2 --cluster-hash-seed 0xdeadbeef;-m cluster --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0xdeadbeef;OK
-m cluster --cluster-total-nodes 2 ! --cluster-local-node 1 --cluster-hash-seed 1;-m cluster ! --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 1 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 3 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x00000003 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 4 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 3 ! --cluster-local-nodemask 5 --cluster-hash-seed 1;-m cluster ! --cluster-local-nodemask 0x00000005 --cluster-total-nodes 3 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-node 3 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 2 --cluster-local-node 0 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 32 --cluster-local-node 32 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x80000000 --cluster-total-nodes 32 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 33 --cluster-local-node 1 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 1 --cluster-local-node 1 --cluster-hash-seed 0;-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 1 --cluster-hash-seed 0x00000000;OK
-m cluster --cluster-total-nodes 0 --cluster-local-node 1 --cluster-hash-seed 0;=;FAIL
-m cluster --cluster-total-nodes 2 --cluster-local-node 1;=;FAIL
-m cluster --cluster-total-nodes 2 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-local-node 1 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-local-nodemask 1 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 4294967296;=;FAIL
-m cluster --cluster-total-nodes 4 --cluster-local-nodemask 15 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x0000000f --cluster-total-nodes 4 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 4 --cluster-local-nodemask 16 --cluster-hash-seed 1;=;FAIL
-m cluster --cluster-total-nodes 4 --cluster-local-nodemask 0 --cluster-hash-seed 1;=;FAIL
*mangle
:PREROUTING
-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-node 2 --cluster-hash-seed 0xdeadbeef;-m cluster --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0xdeadbeef;OK
-m cluster --cluster-total-nodes 2 ! --cluster-local-node 1 --cluster-hash-seed 1;-m cluster ! --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 1 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 3 --cluster-hash-seed 1;-m cluster --cluster-local-nodemask 0x00000003 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001;OK
