# Works only with a security module that knows the context: unchecked.
%4
*security
:INPUT
-j SECMARK --selctx system_u:object_r:firewalld_exec_t:s0;=;OK;unchecked
-j SECMARK;=;FAIL
-j SECMARK --selctx "";=;FAIL
*mangle
:PREROUTING
-j SECMARK --selctx system_u:object_r:httpd_packet_t:s0;=;OK;unchecked
*filter
:INPUT
-j SECMARK --selctx x;=;FAIL
%6
*security
:INPUT
-j SECMARK --selctx system_u:object_r:firewalld_exec_t:s0;=;OK;unchecked
