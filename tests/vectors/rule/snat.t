%4
*nat
:POSTROUTING
-j SNAT --to-source 1.1.1.1;=;OK
-j SNAT --to-source 1.1.1.1-1.1.1.10;=;OK
-j SNAT --to-source 1.1.1.1-1.1.1.1;-j SNAT --to-source 1.1.1.1;OK
-j SNAT --to-source 1.1.1.10-1.1.1.1;=;OK
-p tcp -j SNAT --to-source 1.1.1.1:1025-65535;=;OK
-p tcp -j SNAT --to-source 1.1.1.1-1.1.1.10:1025-65535;=;OK
-p tcp -j SNAT --to-source 1.1.1.1-1.1.1.10:1025;=;OK
-p tcp -j SNAT --to-source 1.1.1.1-1.1.1.10:1025-1025;-p tcp -j SNAT --to-source 1.1.1.1-1.1.1.10:1025;OK
-p tcp -j SNAT --to-source 1.1.1.1-1.1.1.10:1025-65536;=;FAIL
-p tcp -j SNAT --to-source 1.1.1.1-1.1.1.10:1025-65535-8;=;FAIL
-p udp -j SNAT --to-source :1025-1030;=;OK
-p sctp -j SNAT --to-source 1.1.1.1:http;-p sctp -j SNAT --to-source 1.1.1.1:80;OK
! -p tcp -j SNAT --to-source 1.1.1.1:5;=;OK
-j SNAT --to-source 1.1.1.1:80;=;FAIL
-j SNAT --to-source 1.1.1.1 --random;=;OK
-j SNAT --to-source 1.1.1.1 --random-fully;=;OK
-j SNAT --to-source 1.1.1.1 --persistent;=;OK
-j SNAT --to-source 1.1.1.1 --persistent --random --random-fully;-j SNAT --to-source 1.1.1.1 --random --random-fully --persistent;OK
-j SNAT --to-source 1.1.1.1 --random --random;=;FAIL
-j SNAT --to-source 1.1.1.1 --to-source 2.2.2.2;=;FAIL
-j SNAT --random;=;FAIL
-j SNAT;=;FAIL
:INPUT
-j SNAT --to-source 1.1.1.1;=;OK
:PREROUTING
-j SNAT --to-source 1.1.1.1;=;FAIL
:OUTPUT
-j SNAT --to-source 1.1.1.1;=;FAIL
*mangle
:POSTROUTING
-j SNAT --to-source 1.1.1.1;=;FAIL
%6
*nat
:POSTROUTING
-j SNAT --to-source dead::beef;=;OK
-j SNAT --to-source dead::beef-dead::fee7;=;OK
-p tcp -j SNAT --to-source [dead::beef]:1025-65535;=;OK
-p tcp -j SNAT --to-source [dead::beef-dead::fee7]:1025-65535;=;OK
-p tcp -j SNAT --to-source [dead::beef-dead::fee7]:1025 --random --persistent;=;OK
-p tcp -j SNAT --to-source :80;=;OK
-j SNAT --to-source 1.1.1.1;=;FAIL
