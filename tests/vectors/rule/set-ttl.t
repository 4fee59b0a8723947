%4
*mangle
:POSTROUTING
-j TTL --ttl-inc -1;=;FAIL
-j TTL --ttl-inc 0;=;FAIL
-j TTL --ttl-inc 1;=;OK
-j TTL --ttl-inc 255;=;OK
-j TTL --ttl-inc 256;=;FAIL
-j TTL --ttl-dec 0;=;FAIL
-j TTL --ttl-dec 1;=;OK
-j TTL --ttl-dec 255;=;OK
-j TTL --ttl-dec 256;=;FAIL
-j TTL --ttl-set 0;=;OK
-j TTL --ttl-set 64;=;OK
-j TTL --ttl-set 255;=;OK
-j TTL --ttl-set 256;=;FAIL
-j TTL;=;FAIL
-j TTL --ttl-set 1 --ttl-inc 1;=;FAIL
:PREROUTING
-j TTL --ttl-set 4;=;OK
*filter
:INPUT
-j TTL --ttl-set 1;=;FAIL
*raw
:PREROUTING
-j TTL --ttl-set 1;=;FAIL
*mangle
:PREROUTING
-j TTL --ttl-set x;=;FAIL
%6
*mangle
:PREROUTING
-j TTL --ttl-set 5;=;FAIL
