# read and printed, but not tested yet: loads only when lenient
lenient
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
strict
-m rpfilter --invert;=;FAIL;1.8.9=-m rpfilter --invert
