%4
*mangle
:POSTROUTING
-j CHECKSUM;=;FAIL
-j CHECKSUM --checksum-fill;=;OK
:PREROUTING
-j CHECKSUM --checksum-fill;=;OK
*filter
:INPUT
-j CHECKSUM --checksum-fill;=;FAIL
*mangle
:PREROUTING
-j CHECKSUM --checksum-fill --checksum-fill;=;FAIL
*raw
:PREROUTING
-j CHECKSUM --checksum-fill;=;FAIL
%6
*mangle
:PREROUTING
-j CHECKSUM --checksum-fill;=;OK
