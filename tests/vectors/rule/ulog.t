%4
*filter
:INPUT
-j ULOG;=;FAIL
-j ULOG --ulog-nlgroup 1 --ulog-prefix x;=;FAIL
