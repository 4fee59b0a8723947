%4
*nat
:PREROUTING
-j DROP;=;FAIL
-j ACCEPT;=;OK
-j RETURN;=;OK
-j LOG --log-prefix x;=;OK
-j REJECT;=;FAIL
-j MARK --set-mark 1;-j MARK --set-xmark 0x1/0xffffffff;OK
-j CT --notrack;=;FAIL
-p tcp --dport 80 -m comment --comment a;-p tcp -m tcp --dport 80 -m comment --comment a;OK
:POSTROUTING
-j DROP;=;FAIL
-o eth+ -j ACCEPT;=;OK
-i eth0 -j ACCEPT;=;FAIL
:INPUT
-i lo -j ACCEPT;=;OK
:OUTPUT
-j ACCEPT;=;OK
