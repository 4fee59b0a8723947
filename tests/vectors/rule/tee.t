%4
*mangle
:PREROUTING
-j TEE;=;FAIL
-j TEE --gateway foo;=;FAIL
-j TEE --gateway ::1;=;FAIL
-j TEE --oif lo;=;FAIL
-j TEE --gateway 0.0.0.0;=;FAIL
%6
*mangle
:PREROUTING
-j TEE --gateway 2001:db8::1;=;OK
%4
*mangle
:PREROUTING
-j TEE --gateway 1.1.1.1 --oif lo;=;OK
