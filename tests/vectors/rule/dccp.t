%4
*filter
:FORWARD
-p dccp -m dccp --sport 5;-p 33 -m dccp --sport 5;OK;1.8.9==
-p dccp --sport 5;-p 33 -m dccp --sport 5;OK;1.8.9=-p dccp -m dccp --sport 5
-p 33 -m dccp --sport 5:6 --dport 7:9;=;OK;1.8.9=-p dccp -m dccp --sport 5:6 --dport 7:9
-p dccp -m dccp ! --sport 5:6 ! --dport 7:9;-p 33 -m dccp ! --sport 5:6 ! --dport 7:9;OK;1.8.9==
-p dccp -m dccp --dport :;-p 33 -m dccp --dport 0:65535;OK;1.8.9=-p dccp -m dccp --dport 0:65535
-p dccp -m dccp ! --dport :;-p 33 -m dccp ! --dport 0:65535;OK;1.8.9=-p dccp -m dccp ! --dport 0:65535
-p dccp -m dccp --dport 7:5;=;FAIL;1.8.9==
-p dccp -m dccp --dport :5;-p 33 -m dccp --dport 0:5;OK;1.8.9=-p dccp -m dccp --dport 0:5
-p dccp -m dccp --dport 5:;-p 33 -m dccp --dport 5:65535;OK;1.8.9=-p dccp -m dccp --dport 5:65535
-p dccp -m dccp --dport http;-p 33 -m dccp --dport 80;OK;1.8.9=-p dccp -m dccp --dport 80
-p dccp -m dccp --source-port 5 --destination-port 5;-p 33 -m dccp --sport 5 --dport 5;OK;1.8.9=-p dccp -m dccp --sport 5 --dport 5
-p dccp -m dccp --dccp-types REQUEST;-p 33 -m dccp --dccp-types REQUEST;OK;1.8.9==
-p dccp -m dccp --dccp-types request;-p 33 -m dccp --dccp-types REQUEST;OK;1.8.9=-p dccp -m dccp --dccp-types REQUEST
-p dccp -m dccp --dccp-types REQUEST,RESPONSE,DATA,ACK,DATAACK,CLOSEREQ,CLOSE,RESET,SYNC,SYNCACK,INVALID;-p 33 -m dccp --dccp-types REQUEST,RESPONSE,DATA,ACK,DATAACK,CLOSEREQ,CLOSE,RESET,SYNC,SYNCACK,INVALID;OK;1.8.9==
-p dccp -m dccp --dccp-types REQUEST,REQUEST;-p 33 -m dccp --dccp-types REQUEST;OK;1.8.9=-p dccp -m dccp --dccp-types REQUEST
-p dccp -m dccp ! --dccp-types REQUEST;-p 33 -m dccp ! --dccp-types REQUEST;OK;1.8.9==
-p dccp -m dccp --dccp-types RE;=;FAIL
-p dccp -m dccp --dccp-types SYNCACK,DATA;-p 33 -m dccp --dccp-types DATA,SYNCACK;OK;1.8.9=-p dccp -m dccp --dccp-types DATA,SYNCACK
-p dccp -m dccp --dccp-option 5;-p 33 -m dccp --dccp-option 5;OK;1.8.9==
-p dccp -m dccp ! --dccp-option 5;-p 33 -m dccp ! --dccp-option 5;OK;1.8.9==
-p dccp -m dccp --dccp-option 0;=;FAIL
-p dccp -m dccp --dccp-option 255;-p 33 -m dccp --dccp-option 255;OK;1.8.9==
-p dccp -m dccp --dccp-option 256;=;FAIL
-p dccp -m dccp --dccp-option 5 --dport 4 --dccp-types ACK --sport 3;-p 33 -m dccp --sport 3 --dport 4 --dccp-types ACK --dccp-option 5;OK;1.8.9=-p dccp -m dccp --sport 3 --dport 4 --dccp-types ACK --dccp-option 5
-p dccp -m dccp;-p 33 -m dccp;OK;1.8.9==
-m dccp --sport 4;=;FAIL
