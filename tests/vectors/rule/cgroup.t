%4
*filter
:INPUT
-m cgroup --cgroup 1;=;OK
-m cgroup ! --cgroup 1;=;OK
-m cgroup --cgroup 0x10;-m cgroup --cgroup 16;OK
-m cgroup --cgroup 4294967295;=;OK
-m cgroup --cgroup 4294967296;=;FAIL
-m cgroup --path /;-m cgroup --path "/";OK
-m cgroup --path service/x;-m cgroup --path "service/x";OK;unchecked
-m cgroup ! --path /;-m cgroup ! --path "/";OK
-m cgroup --path / --cgroup 1;=;FAIL
-m cgroup;=;FAIL
-m cgroup --path "";=;OK
:FORWARD
-m cgroup --cgroup 1;=;FAIL
:OUTPUT
-m cgroup --cgroup 1;=;OK
*mangle
:PREROUTING
-m cgroup --cgroup 1;=;FAIL
:POSTROUTING
-m cgroup --cgroup 1;=;OK
*filter
:INPUT
-m cgroup --path "/" --path "/";=;FAIL
