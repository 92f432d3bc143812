/* pem.h - private keys for tests. They protect nothing. */
#ifndef SEKISHO_TESTS_PEM_H
#define SEKISHO_TESTS_PEM_H

/* PKCS #8 */
#define PEM_RSA_2048                                                           \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCjpNi8pW6l7SkV\n"   \
	"J5rV/HDEdhaeBDll44f6JcNkrq/ir6SreYDWGmZxESZ7jWkT40iYDjVNF0YvTrjC\n"   \
	"BYQeKrcU5I+61GfUB8s34A05eByLzbSpiO7hhiVluTVOjRTTw5jEzhBwjYy5JPEM\n"   \
	"gd8ruTnMpUxIHfxEp45+LK360V0fvrc6DBY+Q6zUxiJLibzrGPWaExMTHiiVft62\n"   \
	"zFpj8zfGZSnJTjFXmh9BkFzxGB0kxvg1KjDXo8xSmyNYrowLYrHLx3AcLVMstJ9Y\n"   \
	"DIGL4b/8+n/Tf2+iP9NrMr9x60XGRw47JuY6vYn/XlJz1BwdkIOhii4jgmo1RthM\n"   \
	"gAjeaDG9AgMBAAECggEAKKRV0dBSYTI7/E2IRnH6PcjISDlrWfM+/7DmTLiX5ThT\n"   \
	"MOUtyr7mx1kHkjLmMHLHwj/xG/LWUwR9nW5KSEW6j51OVwvOt5mx7nAeSLIcgNo3\n"   \
	"bs2b6nXrDs8HPrmKPSe8ZtB4w8Nb+lWC6mTM3OqVQM6i2dxcnV5x5MNK+FqMAshw\n"   \
	"HRmD4IhQfbDe9m8N6x8q8AroXA7pyQaCV//ZnYwe/oAf31QH3pvnstcXXcIM60xQ\n"   \
	"Z7rHOTjypQ6qVqV48hJdcWb32YvYGteLnsESHvNLBFjyxJHIPTNOaFJ/d99u0ZDk\n"   \
	"IZKEqtJnclDR2Xk4QMfGlcCDj9lrI37qnrmaszW9vwKBgQDlTw94cWPJA9ehIwWU\n"   \
	"JTNq5gvNVRhif++ZHEvjlq7mwJCQmoVPQzWGkTtQGufL0K0+uHprnTVgDg+d8ZEB\n"   \
	"LDBE85YSa0JxoebR7ABwYoa1MpB5Pkw27kdteNYWWcu6KCus92dBQc64I/AYrAuM\n"   \
	"wc0GySt5VnWurKLLP5xY+2KWOwKBgQC2sRrguRflzD0sr2irMD/WIeJqOW/7Gt0A\n"   \
	"sLb/8gkhcWzZbOGSwpodWi8wao3bvTFQS9L2hzy/XBfVgGjI4y/ihMedDUlBdSrb\n"   \
	"4SH4c8Rf2LgxaxRFe4Fflyvd+XZwzxTNbZNNiLQGBiz1fegxlkGfQAx1ZRgy12IX\n"   \
	"zGBttp1AZwKBgQDEYWcAYStx9YZvi4y1iP516DnnSZ8ujB5n4+HiMSPsnrGwBYVx\n"   \
	"kj9+1VYUjlZBKJ+V/WtqSiJx9tjNDRqABJX6FxpI/+7RXjRNR25A0UBIYdt02jNv\n"   \
	"P7WQPVIrpg9hiBGPefnF21PsQ2rV1lG15CtwSkyfB7qVM2ff5MRDOFcADQKBgDB8\n"   \
	"3Pdb6N3S0UG05IDa83Zv09oBmJj6zkFKpadUo9u+cPdcEJqVD7ZOo0ukXDZABoCb\n"   \
	"P0izKApZ9PFzfVwkACeMujYSuqim4lMtc4ivoSUXLfvfwaeXWgT26GuntCnIrGrB\n"   \
	"dGEVsUIQDYqyehf/GzebFjNqO3vy8lQCqG02FJJtAoGBANrqm72FOpJjFa2LqfU6\n"   \
	"gD4XWoDZeeEmqFYEPkb6rN/cC3BgQOl+WOphBWn2TAMDuhzf6DLCLEN/FCEn/RJx\n"   \
	"Jb+nT/hdhyP0rh8obQdvWaTzIUjVB3jHmCilu4thmckyEVPBoecGw73p0OYqmRtk\n"   \
	"ToHSJrelxdWdmHMbWpO7PxPi\n"                                           \
	"-----END PRIVATE KEY-----\n"
/* the same, PKCS #1 */
#define PEM_RSA_TRADITIONAL                                                    \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                    \
	"MIIEpAIBAAKCAQEAo6TYvKVupe0pFSea1fxwxHYWngQ5ZeOH+iXDZK6v4q+kq3mA\n"   \
	"1hpmcREme41pE+NImA41TRdGL064wgWEHiq3FOSPutRn1AfLN+ANOXgci820qYju\n"   \
	"4YYlZbk1To0U08OYxM4QcI2MuSTxDIHfK7k5zKVMSB38RKeOfiyt+tFdH763OgwW\n"   \
	"PkOs1MYiS4m86xj1mhMTEx4olX7etsxaY/M3xmUpyU4xV5ofQZBc8RgdJMb4NSow\n"   \
	"16PMUpsjWK6MC2Kxy8dwHC1TLLSfWAyBi+G//Pp/039voj/TazK/cetFxkcOOybm\n"   \
	"Or2J/15Sc9QcHZCDoYouI4JqNUbYTIAI3mgxvQIDAQABAoIBACikVdHQUmEyO/xN\n"   \
	"iEZx+j3IyEg5a1nzPv+w5ky4l+U4UzDlLcq+5sdZB5Iy5jByx8I/8Rvy1lMEfZ1u\n"   \
	"SkhFuo+dTlcLzreZse5wHkiyHIDaN27Nm+p16w7PBz65ij0nvGbQeMPDW/pVgupk\n"   \
	"zNzqlUDOotncXJ1eceTDSvhajALIcB0Zg+CIUH2w3vZvDesfKvAK6FwO6ckGglf/\n"   \
	"2Z2MHv6AH99UB96b57LXF13CDOtMUGe6xzk48qUOqlalePISXXFm99mL2BrXi57B\n"   \
	"Eh7zSwRY8sSRyD0zTmhSf3ffbtGQ5CGShKrSZ3JQ0dl5OEDHxpXAg4/ZayN+6p65\n"   \
	"mrM1vb8CgYEA5U8PeHFjyQPXoSMFlCUzauYLzVUYYn/vmRxL45au5sCQkJqFT0M1\n"   \
	"hpE7UBrny9CtPrh6a501YA4PnfGRASwwRPOWEmtCcaHm0ewAcGKGtTKQeT5MNu5H\n"   \
	"bXjWFlnLuigrrPdnQUHOuCPwGKwLjMHNBskreVZ1rqyiyz+cWPtiljsCgYEAtrEa\n"   \
	"4LkX5cw9LK9oqzA/1iHiajlv+xrdALC2//IJIXFs2WzhksKaHVovMGqN270xUEvS\n"   \
	"9oc8v1wX1YBoyOMv4oTHnQ1JQXUq2+Eh+HPEX9i4MWsURXuBX5cr3fl2cM8UzW2T\n"   \
	"TYi0BgYs9X3oMZZBn0AMdWUYMtdiF8xgbbadQGcCgYEAxGFnAGErcfWGb4uMtYj+\n"   \
	"deg550mfLoweZ+Ph4jEj7J6xsAWFcZI/ftVWFI5WQSiflf1rakoicfbYzQ0agASV\n"   \
	"+hcaSP/u0V40TUduQNFASGHbdNozbz+1kD1SK6YPYYgRj3n5xdtT7ENq1dZRteQr\n"   \
	"cEpMnwe6lTNn3+TEQzhXAA0CgYAwfNz3W+jd0tFBtOSA2vN2b9PaAZiY+s5BSqWn\n"   \
	"VKPbvnD3XBCalQ+2TqNLpFw2QAaAmz9IsygKWfTxc31cJAAnjLo2ErqopuJTLXOI\n"   \
	"r6ElFy3738Gnl1oE9uhrp7QpyKxqwXRhFbFCEA2KsnoX/xs3mxYzajt78vJUAqht\n"   \
	"NhSSbQKBgQDa6pu9hTqSYxWti6n1OoA+F1qA2XnhJqhWBD5G+qzf3AtwYEDpfljq\n"   \
	"YQVp9kwDA7oc3+gywixDfxQhJ/0ScSW/p0/4XYcj9K4fKG0Hb1mk8yFI1Qd4x5go\n"   \
	"pbuLYZnJMhFTwaHnBsO96dDmKpkbZE6B0ia3pcXVnZhzG1qTuz8T4g==\n"           \
	"-----END RSA PRIVATE KEY-----\n"
#define PEM_RSA_3072                                                           \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                    \
	"MIIG5AIBAAKCAYEAspdlaQpQqcmgtBKuk3X86j+eC3Im5QJRLlki7QszEdlJM3dC\n"   \
	"6mvPszAaBpDEoNufEhWUuODRji9VRX4cBbMJBzQfW8cmqLyo+BFG/KAP29bZ/qtH\n"   \
	"wk4EumoAovPgr9s1f9KE1RJ0xHryLsgnlEwTUZKWrLlVD+/qKe7VYONn15DTSiLX\n"   \
	"m784ZfET6MyvJE8jwtud+IIaSHB8Nu4QWfljiPKs6NGG3AtB+hrbx76tnhRthO+E\n"   \
	"iPgAS1AMG50HDE5K7fA0E4jYxNQ7klTd1HzfO+Q+F8Wn4rOLANwndP1G/3J67B6d\n"   \
	"niGb+6yC6z2BL3xAo9P05HAeEySpjnMc3FlPfLUPppSkKh+2mFzc2+zj8gVpp1ER\n"   \
	"zAmA+Qa23O4AXgguUHyIscUANIHpPbj2KluQcoRhS1af7uSbnOnDO/6dnJu+huGc\n"   \
	"Q1q1/tP0A0zb7e2HRvznM8ptflJMLPI5KODG0f36Imm0ETatLTbo4OaeIX/W8QT5\n"   \
	"D8JbRF59Fju01FxxAgMBAAECggGADXpNOA2EG6Iop3pS9DQ27W82ZE79tjHz8jNe\n"   \
	"JkU+egn7wx9snIAdJTzbs/PkMO8OHMll50NpMSmrjeJn5zq1E1b4yF550YlmV41H\n"   \
	"Pgyu0bSP0E85C8YDR5W1HVcaFW9txMschO9/Ai50nTjz+rY4jYMKbbfRXnHoyjgY\n"   \
	"4JZc2Xj3pxxEyP9X+GKGkf6zd4Ik9OFJ1U2tQdsCVstlzsJ6Q2UsDSh13OCZHrC8\n"   \
	"9iCy3c+VGc+RIRyVOhnNBh72P5SfZOvgwr13YXhLMwvfQnsHfwOfsn/rxtqZhoxg\n"   \
	"2646r0ZUGXYxKA3TEalwwngkKcQzgsGdpyLBQv1nMuQFAQWRtC7fLA770wqDiuv6\n"   \
	"W+FqsE7L65ZSRSLlUv5Czb0VSlUQSEKm2QpTnyefscSZryQwrcuOP9ZntNjjAcjp\n"   \
	"TYrzMsUfoyt8WL6jzPw0+bvXfLd56XmPSbQvhJty5VxvBGL7NjKQvokpNn7TbKwt\n"   \
	"3Lz2q1R1bH+j+S6J/Nje2sGgMV1ZAoHBAOLXQxAfJo+EjmCgCi4fhpwU96+xx9XE\n"   \
	"43lkiPIDP08/BE8dN2yJiOmZyx7+7Z2rG++a0S8CSxP5lH9ylIi5j1C95tHxtsPw\n"   \
	"cnT51Wv5NGFmft6wTV10b3YikS9WjxVdlqn8hRkxNE1ZIr7EZUX12tIryffpFTth\n"   \
	"Fec4U5mJxw/oopWFajtXVMGr//kgDsJpqIeLbAj1ywgQbj1O+71O0tTsDNSFzzTW\n"   \
	"1TjhLJXyIfLnqfCChaIp1kcd+kihjVQzqQKBwQDJjF7WC9DrGOsWnnuZqxxcLboF\n"   \
	"DdZYG4fF5Slp8IhTTAytYq0z3bLcoU8IffnYpSBVG2oTpoUd/vdb3iZUTlo11beG\n"   \
	"Qb2QnE7PhxDJkSte0/+alMd87kQyZJ7MFzlpuQ9XnupzMN4hSU01LNhIczPMoLeA\n"   \
	"HWvJihcpBpi9ujrN7UXrDUyG8W+ifUnkzPMHlRmBOO6tGy90bZC+1H1cJUigdoUI\n"   \
	"y4wcFTWYaoqWeClgT1/uDBbnHzKPdnk73ZZxX4kCgcBJ+WEJVN9CVjwIDqjDOcyw\n"   \
	"AbZ0OUmt0LNN1xdBtQVkVmyVUDXO01sustSmmwPqMu69SIOHDPxm2zEuDrOZksnF\n"   \
	"zugC9wxfAX6R3xdWSsJmMQKWpG/WVi4zHDq0cUnf8dE8RfkxqfYgczz9cRaFphNi\n"   \
	"Dp2ilwQxhQubh6bbny6nZXn/wK5QA77EGc8z8txdUg9/hFwK3/0B+Dm7DJLTvWzL\n"   \
	"ut7EP46+8IBAOE5N59RiXmHw6N+jbnlOX9xK60QnfWECgcEAkDCycGPHtUoAdhAv\n"   \
	"0QJPqcq0+ISrwiEAA54tALOqdB1GPI0J6L9FBP8KccLeihWoifqw6xoIxirwgHLv\n"   \
	"7QSZGUaqo4xIuDp7T5ELe4k2BAObK9Yg2coEVCEUUmKTGoXg6gixJnPhluLAL7jD\n"   \
	"iyGP/2dDoI5r3KXEZ/9mKuYex9BmYwECrM/x08fao6vUeqo6su4uIv3990ejdELE\n"   \
	"5LVvvgzMpDwrIrQxwbcHKxsQTuy6bq2LfRIes/BIT4H57WYxAoHBAJQsZSe9B4wo\n"   \
	"XcFcB+Zn6la2pJ9SUL/7mMJM0uxAN+la5cDci+JzyJsEnbk67pd/MIkPd93F9Jnr\n"   \
	"oYUdJxZ3sfyoz8tM9bQiCMnKG2yZ9RnqgjpJPU6B6/anw2FHPjvkjgedFyhJfVd+\n"   \
	"fijbVv5iYASmPJevZan2CUprPIcODcOPBJyYqTO/ErlUTWWg6W6haqLFc6EFBTa+\n"   \
	"MhgP0klzJtkYxWEnNWsyFY9dCAXuBPUpY0HyqFYqlrKoZI4ilETU7w==\n"           \
	"-----END RSA PRIVATE KEY-----\n"
/* too short */
#define PEM_RSA_1024                                                           \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAKOvUziRz9SyxtIo\n"   \
	"ZN81csGhp54WUb+j1H5VuCi8Y9LcS1/Aw0HONJGkkp5vhe/Fdyfyk9TcfccA2JWV\n"   \
	"z2AKB9CYOaoopVLnBS64NW+SRnVoj0Ww65/6k5DkNhitt7hxaL6S118B0DveHTYe\n"   \
	"9i/uUeXsr7LDVg0EdHyTgUl+pRV/AgMBAAECgYBSYM96XfAB9QOZCxlRON4LU2c/\n"   \
	"aa40y6gK+OsZHU8D9Ti99Q6P1M6iKfhcYnY+6NuCMFR0QY/Pkr5t8hqPFB0/8O1s\n"   \
	"NFOPdFhb/VHRabvAXAKQBINqWIpX30bO8xoUxX7KsR7/RsQtgNZlmZoaJsAKTI5+\n"   \
	"DIPd2yNaOGpjsN2lSQJBANJYlMeKSABv1hz3zl5dNSSpgMN6SpE1Vz+NiDoosmWD\n"   \
	"/f0NbEh+sDouyDPNbUQ8Tl+tTWbgWCHlYnrPQyclO5sCQQDHNh5Ippbxi07MW4OK\n"   \
	"oUL/yFZPGHEBG/gbf5bTCJgZaujeTMYum6CqlXR+HoJgXQlygVTwCABpr7aaRyWm\n"   \
	"ZqXtAkEAlq+4nZ31aMK1a3km0LkLCiGXyfHAm3fP8gpNLgTbkBfXi0Hjcae4TWYY\n"   \
	"K+wdO8XMC4SWL33GBTpTq1DxdYiZwwJBAK4mNVs1pwcJzZ0A84GhcDzDGhCTQVbC\n"   \
	"6KbBZ0ydWrn9qA2N+EKOcmottWT7ruYm7zdWsLYViKbboTpFsDhDzBECQEcnjWUW\n"   \
	"fJczlVvaxscugpcjRhzY+RObFGpJWmhxFaJWgXY8pyGleae7LsfnA2RwVZri072H\n"   \
	"XPTK6qJhaNQFxiM=\n"                                                   \
	"-----END PRIVATE KEY-----\n"
#define PEM_P256                                                               \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgL+RMuljKr2HuGFN1\n"   \
	"yzVoWOHLUbof+dU1WsalkCJ/nFihRANCAAQvb7VU1PBmpWmfixSRc6I8Km4VZB8M\n"   \
	"jMo/VsqST0A8mz1EupN/uNykPGTWQs63UtUrncrOPur+Um/7I/AykC23\n"           \
	"-----END PRIVATE KEY-----\n"
/* SEC 1 */
#define PEM_P256_TRADITIONAL                                                   \
	"-----BEGIN EC PRIVATE KEY-----\n"                                     \
	"MHcCAQEEIC/kTLpYyq9h7hhTdcs1aFjhy1G6H/nVNVrGpZAif5xYoAoGCCqGSM49\n"   \
	"AwEHoUQDQgAEL2+1VNTwZqVpn4sUkXOiPCpuFWQfDIzKP1bKkk9APJs9RLqTf7jc\n"   \
	"pDxk1kLOt1LVK53Kzj7q/lJv+yPwMpAttw==\n"                               \
	"-----END EC PRIVATE KEY-----\n"
#define PEM_P384                                                               \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBnF4p9eXerzq+lbxo5\n"   \
	"/2F6bMm2hLS7Rx5DwEeWabvqz29wVWYXcXev0Ga8Yn+mC+GhZANiAATotquodc1+\n"   \
	"Py3/Inxb3xSWyetW95UUbs6FIXGvQoMjQrvq1PVKi42Sgs1m7nzOZpBwm0KiSatt\n"   \
	"SHMSoQ0HVhhYB6wb2wc8vL5Isb5daZyoQtF4Uxjq40KcokBTs5KHE54=\n"           \
	"-----END PRIVATE KEY-----\n"
#define PEM_ED25519                                                            \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MC4CAQAwBQYDK2VwBCIEIOoh1gKZ21ZIq9WNq6iNe8T35mhDzg7Yb8z53VywEGjL\n"   \
	"-----END PRIVATE KEY-----\n"
/* password x */
#define PEM_ENCRYPTED                                                          \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                              \
	"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAis6XYF1JlA0gICCAAw\n"   \
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMGtAUGovvftRPJ6kdkebZwEQKQ0\n"   \
	"+EpbmjVOLESOh+lt0T+E8L4lGire93DJWjyTLrbhT/oywRuillCc4bUACpvEQHwY\n"   \
	"jcmQ94ZwXRi4Q1bStTw=\n"                                               \
	"-----END ENCRYPTED PRIVATE KEY-----\n"
#define PEM_ED448                                                              \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MEcCAQAwBQYDK2VxBDsEOe7rITMsxUD8cxv6GFjToSRMGSSRbCkf7Dp9xujA906D\n"   \
	"10jGqIb+e3KFuAlpSRXG+D6Nnz/2Vs7w3Q==\n"                               \
	"-----END PRIVATE KEY-----\n"
/* does not sign */
#define PEM_X25519                                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MC4CAQAwBQYDK2VuBCIEIPgnxS6W7l3fcfGxHB03z6ZmZwXt/N5UPIQRjHWOSc55\n"   \
	"-----END PRIVATE KEY-----\n"

#endif
