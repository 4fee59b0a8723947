%4
*mangle
:PREROUTING
-p tcp -j TCPOPTSTRIP;=;OK
-p tcp -j TCPOPTSTRIP --strip-options 2,3,4,5,6,7;=;OK
-p tcp -j TCPOPTSTRIP --strip-options 0;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options 1;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options 2,3;=;OK
-p tcp -j TCPOPTSTRIP --strip-options mss,wscale,sack-permitted,sack,timestamp,md5;-p tcp -j TCPOPTSTRIP --strip-options 2,3,4,5,8,19;OK
-p tcp -j TCPOPTSTRIP --strip-options 255,8;-p tcp -j TCPOPTSTRIP --strip-options 8,255;OK
-p tcp -j TCPOPTSTRIP --strip-options 256;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options foo;=;FAIL
-j TCPOPTSTRIP --strip-options 2;=;FAIL
*filter
:INPUT
-p tcp -j TCPOPTSTRIP --strip-options 2;=;FAIL
*mangle
:PREROUTING
-j TCPOPTSTRIP;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options "";=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options 2,;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options 2,2;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options 0x10;-p tcp -j TCPOPTSTRIP --strip-options 16;OK
-p tcp -j TCPOPTSTRIP --strip-options MSS;=;FAIL
-p tcp -j TCPOPTSTRIP --strip-options ms;=;FAIL
! -p tcp -j TCPOPTSTRIP --strip-options 2;=;FAIL
*security
:INPUT
-p tcp -j TCPOPTSTRIP --strip-options 2;=;FAIL
*raw
:PREROUTING
-p tcp -j TCPOPTSTRIP --strip-options 2;=;FAIL
%6
*mangle
:PREROUTING
-p tcp -j TCPOPTSTRIP --strip-options 2,3;=;OK
