%4
*filter
:FORWARD
-m dscp --dscp 0;-m dscp --dscp 0x00;OK
-m dscp --dscp 10;-m dscp --dscp 0x0a;OK
-m dscp --dscp 0x0a;=;OK
-m dscp --dscp 63;-m dscp --dscp 0x3f;OK
-m dscp --dscp 64;=;FAIL
-m dscp --dscp 077;-m dscp --dscp 0x3f;OK
-m dscp --dscp x;=;FAIL
-m dscp ! --dscp 0x10;=;OK
-m dscp --dscp-class EF;-m dscp --dscp 0x2e;OK
-m dscp ! --dscp-class BE;-m dscp ! --dscp 0x00;OK
-m dscp --dscp-class be;-m dscp --dscp 0x00;OK
-m dscp --dscp-class CS0;-m dscp --dscp 0x00;OK
-m dscp --dscp-class CS1;-m dscp --dscp 0x08;OK
-m dscp --dscp-class CS7;-m dscp --dscp 0x38;OK
-m dscp --dscp-class CS8;=;FAIL
-m dscp --dscp-class AF11;-m dscp --dscp 0x0a;OK
-m dscp --dscp-class AF12;-m dscp --dscp 0x0c;OK
-m dscp --dscp-class AF13;-m dscp --dscp 0x0e;OK
-m dscp --dscp-class AF21;-m dscp --dscp 0x12;OK
-m dscp --dscp-class AF22;-m dscp --dscp 0x14;OK
-m dscp --dscp-class AF23;-m dscp --dscp 0x16;OK
-m dscp --dscp-class AF31;-m dscp --dscp 0x1a;OK
-m dscp --dscp-class AF32;-m dscp --dscp 0x1c;OK
-m dscp --dscp-class AF33;-m dscp --dscp 0x1e;OK
-m dscp --dscp-class AF41;-m dscp --dscp 0x22;OK
-m dscp --dscp-class AF42;-m dscp --dscp 0x24;OK
-m dscp --dscp-class AF43;-m dscp --dscp 0x26;OK
-m dscp --dscp-class AF44;=;FAIL
-m dscp --dscp-class VA;=;FAIL
-m dscp --dscp-class Ef;-m dscp --dscp 0x2e;OK
-m dscp --dscp-class E;=;FAIL
-m dscp --dscp-class "";=;FAIL
-m dscp --dscp 5 --dscp-class EF;=;FAIL
-m dscp;=;FAIL
-m dscp --dscp 5 --dscp 6;=;FAIL
%6
-m dscp --dscp-class EF;-m dscp --dscp 0x2e;OK
