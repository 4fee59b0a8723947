%4
*filter
:FORWARD
-m rpfilter;=;FAIL
%4
*mangle
:PREROUTING
-m rpfilter;=;OK
%4
*raw
:PREROUTING
-m rpfilter;=;OK
-m rpfilter --invert;=;OK
-m rpfilter --loose --validmark --accept-local --invert;=;OK
-m rpfilter ! --invert;=;FAIL
