%4
*mangle
:POSTROUTING
-j HL --hl-set 1;=;FAIL
%6
*mangle
:PREROUTING
-j HL --hl-inc 1;=;OK
-j HL --hl-inc 0;=;FAIL
-j HL --hl-dec 1;=;OK
-j HL --hl-set 0;=;OK
-j HL --hl-set 64;=;OK
-j HL --hl-set 256;=;FAIL
-j HL;=;FAIL
