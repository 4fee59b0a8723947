%4
*mangle
:PREROUTING
-j TRACE;=;FAIL
*filter
:INPUT
-j TRACE;=;FAIL
*raw
:PREROUTING
-j TRACE;=;OK
*security
:INPUT
-j TRACE;=;FAIL
*mangle
:PREROUTING
-j TRACE --foo;=;FAIL
%6
*mangle
:PREROUTING
-j TRACE;=;FAIL
