%4
*mangle
:PREROUTING
-j AUDIT;=;FAIL
-j AUDIT --type accept;=;OK
-j AUDIT --type drop;=;OK
-j AUDIT --type reject;=;OK
-j AUDIT --type drop --type reject;=;FAIL
-j AUDIT --type a;=;FAIL
-j AUDIT --type ACCEPT;-j AUDIT --type accept;OK
-j AUDIT --type foo;=;FAIL
*filter
:INPUT
-j AUDIT --type drop;=;OK
*mangle
:PREROUTING
-j AUDIT --type "";=;FAIL
-j AUDIT --type Drop;-j AUDIT --type drop;OK
*raw
:PREROUTING
-j AUDIT --type drop;=;OK
%6
*mangle
:PREROUTING
-j AUDIT --type drop;=;OK
