%4
*mangle
:PREROUTING
-j CONNSECMARK --save;=;OK
-j CONNSECMARK --restore;=;OK
-j CONNSECMARK;=;FAIL
-j CONNSECMARK --save --restore;=;FAIL
*security
:INPUT
-j CONNSECMARK --save;=;OK
*filter
:FORWARD
-j CONNSECMARK --save;=;FAIL
*nat
:PREROUTING
-j CONNSECMARK --save;=;FAIL
*raw
:PREROUTING
-j CONNSECMARK --save;=;FAIL
