%4
*mangle
:PREROUTING
-m socket;=;OK
-m socket --transparent;=;OK
-m socket --nowildcard;=;OK
-m socket --restore-skmark;=;OK
-m socket --transparent --nowildcard --restore-skmark;=;OK
-m socket --restore-skmark --nowildcard --transparent;-m socket --transparent --nowildcard --restore-skmark;OK
-m socket ! --transparent;=;FAIL
! -m socket;=;FAIL
:INPUT
-m socket --transparent;=;OK
:FORWARD
-m socket --transparent;=;FAIL
:OUTPUT
-m socket --transparent;=;FAIL
%6
:PREROUTING
-m socket --transparent --nowildcard;=;OK
%4
*filter
:INPUT
-m socket --nowildcard --nowildcard;=;FAIL
