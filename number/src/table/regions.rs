// SPDX-License-Identifier: Apache-2.0
//! Made by `make number-table` from the metadata of libphonenumber. Do not edit.

use crate::region::{CallingCode, Region, Rewrite};

pub(crate) const VERSION: &str = "9.0.42";
pub(crate) const DATE: &str = "2026-10-27";
pub(crate) const COUNTRIES: usize = 245;

#[rustfmt::skip]
pub(crate) static REGIONS: [Region; 254] = [
    Region { id: *b"AC", code: 247, lengths: 0x60, general: 1, idd: 20, national_prefix: 0, rewrite: None, emergency: 23, short: 23 }, // AC
    Region { id: *b"AD", code: 376, lengths: 0x340, general: 36, idd: 20, national_prefix: 0, rewrite: None, emergency: 68, short: 68 }, // AD
    Region { id: *b"AE", code: 971, lengths: 0x1fe0, general: 75, idd: 20, national_prefix: 153, rewrite: None, emergency: 155, short: 171 }, // AE
    Region { id: *b"AF", code: 93, lengths: 0x200, general: 199, idd: 20, national_prefix: 153, rewrite: None, emergency: 212, short: 227 }, // AF
    Region { id: *b"AG", code: 1, lengths: 0x400, general: 253, idd: 285, national_prefix: 289, rewrite: Some(Rewrite { digits: *b"268\0", group: 1 }), emergency: 23, short: 311 }, // AG
    Region { id: *b"AI", code: 1, lengths: 0x400, general: 341, idd: 285, national_prefix: 373, rewrite: Some(Rewrite { digits: *b"264\0", group: 1 }), emergency: 395, short: 400 }, // AI
    Region { id: *b"AL", code: 355, lengths: 0x3c0, general: 422, idd: 20, national_prefix: 153, rewrite: None, emergency: 485, short: 500 }, // AL
    Region { id: *b"AM", code: 374, lengths: 0x100, general: 594, idd: 20, national_prefix: 153, rewrite: None, emergency: 630, short: 637 }, // AM
    Region { id: *b"AO", code: 244, lengths: 0x200, general: 663, idd: 20, national_prefix: 0, rewrite: None, emergency: 676, short: 676 }, // AO
    Region { id: *b"AR", code: 54, lengths: 0xc00, general: 683, idd: 20, national_prefix: 724, rewrite: Some(Rewrite { digits: *b"9\0\0\0", group: 1 }), emergency: 1463, short: 1479 }, // AR
    Region { id: *b"AS", code: 1, lengths: 0x400, general: 1572, idd: 285, national_prefix: 1604, rewrite: Some(Rewrite { digits: *b"684\0", group: 1 }), emergency: 395, short: 1626 }, // AS
    Region { id: *b"AT", code: 43, lengths: 0x3ff0, general: 1650, idd: 20, national_prefix: 153, rewrite: None, emergency: 2006, short: 2029 }, // AT
    Region { id: *b"AU", code: 61, lengths: 0x17e0, general: 2151, idd: 2230, national_prefix: 2299, rewrite: None, emergency: 2313, short: 2335 }, // AU
    Region { id: *b"AW", code: 297, lengths: 0x80, general: 2521, idd: 20, national_prefix: 0, rewrite: None, emergency: 2541, short: 2555 }, // AW
    Region { id: *b"AX", code: 358, lengths: 0x1fe0, general: 2587, idd: 2745, national_prefix: 153, rewrite: None, emergency: 2816, short: 2821 }, // AX
    Region { id: *b"AZ", code: 994, lengths: 0x200, general: 2839, idd: 20, national_prefix: 153, rewrite: None, emergency: 2883, short: 2898 }, // AZ
    Region { id: *b"BA", code: 387, lengths: 0x300, general: 2932, idd: 20, national_prefix: 153, rewrite: None, emergency: 2975, short: 2982 }, // BA
    Region { id: *b"BB", code: 1, lengths: 0x400, general: 3083, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"246\0", group: 1 }), emergency: 3137, short: 3144 }, // BB
    Region { id: *b"BD", code: 880, lengths: 0x7c0, general: 3160, idd: 20, national_prefix: 153, rewrite: None, emergency: 3257, short: 3275 }, // BD
    Region { id: *b"BE", code: 32, lengths: 0x300, general: 3457, idd: 20, national_prefix: 153, rewrite: None, emergency: 3484, short: 3499 }, // BE
    Region { id: *b"BF", code: 226, lengths: 0x100, general: 3755, idd: 20, national_prefix: 0, rewrite: None, emergency: 3767, short: 3767 }, // BF
    Region { id: *b"BG", code: 359, lengths: 0x13c0, general: 3773, idd: 20, national_prefix: 153, rewrite: None, emergency: 3841, short: 3864 }, // BG
    Region { id: *b"BH", code: 973, lengths: 0x100, general: 3906, idd: 20, national_prefix: 0, rewrite: None, emergency: 3918, short: 3925 }, // BH
    Region { id: *b"BI", code: 257, lengths: 0x100, general: 4022, idd: 20, national_prefix: 0, rewrite: None, emergency: 4042, short: 4049 }, // BI
    Region { id: *b"BJ", code: 229, lengths: 0x500, general: 4129, idd: 20, national_prefix: 0, rewrite: None, emergency: 4148, short: 4155 }, // BJ
    Region { id: *b"BL", code: 590, lengths: 0x200, general: 4230, idd: 20, national_prefix: 153, rewrite: None, emergency: 4268, short: 4272 }, // BL
    Region { id: *b"BM", code: 1, lengths: 0x400, general: 4323, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"441\0", group: 1 }), emergency: 395, short: 400 }, // BM
    Region { id: *b"BN", code: 673, lengths: 0x80, general: 4355, idd: 20, national_prefix: 0, rewrite: None, emergency: 4366, short: 4366 }, // BN
    Region { id: *b"BO", code: 591, lengths: 0x300, general: 4373, idd: 4395, national_prefix: 4403, rewrite: None, emergency: 4410, short: 4417 }, // BO
    Region { id: *b"BQ", code: 599, lengths: 0x80, general: 4435, idd: 20, national_prefix: 0, rewrite: None, emergency: 4454, short: 4468 }, // BQ
    Region { id: *b"BR", code: 55, lengths: 0xf00, general: 4490, idd: 4597, national_prefix: 4650, rewrite: Some(Rewrite { digits: *b"\0\0\0\0", group: 2 }), emergency: 4735, short: 4767 }, // BR
    Region { id: *b"BS", code: 1, lengths: 0x400, general: 5193, idd: 285, national_prefix: 5225, rewrite: Some(Rewrite { digits: *b"242\0", group: 1 }), emergency: 5247, short: 5254 }, // BS
    Region { id: *b"BT", code: 975, lengths: 0x180, general: 5269, idd: 20, national_prefix: 0, rewrite: None, emergency: 5296, short: 5303 }, // BT
    Region { id: *b"BW", code: 267, lengths: 0x580, general: 5321, idd: 20, national_prefix: 0, rewrite: None, emergency: 5372, short: 5398 }, // BW
    Region { id: *b"BY", code: 375, lengths: 0xfc0, general: 5477, idd: 5632, national_prefix: 5636, rewrite: None, emergency: 2883, short: 5649 }, // BY
    Region { id: *b"BZ", code: 501, lengths: 0x880, general: 5724, idd: 20, national_prefix: 0, rewrite: None, emergency: 5746, short: 5766 }, // BZ
    Region { id: *b"CA", code: 1, lengths: 0x480, general: 5812, idd: 285, national_prefix: 5839, rewrite: None, emergency: 4454, short: 5841 }, // CA
    Region { id: *b"CC", code: 61, lengths: 0x17c0, general: 5891, idd: 2230, national_prefix: 5964, rewrite: Some(Rewrite { digits: *b"8\0\0\0", group: 1 }), emergency: 5987, short: 5987 }, // CC
    Region { id: *b"CD", code: 243, lengths: 0x780, general: 6001, idd: 20, national_prefix: 153, rewrite: None, emergency: 6044, short: 6067 }, // CD
    Region { id: *b"CF", code: 236, lengths: 0x100, general: 6109, idd: 20, national_prefix: 0, rewrite: None, emergency: 6143, short: 6159 }, // CF
    Region { id: *b"CG", code: 242, lengths: 0x200, general: 6175, idd: 20, national_prefix: 0, rewrite: None, emergency: 6209, short: 6216 }, // CG
    Region { id: *b"CH", code: 41, lengths: 0x1200, general: 6223, idd: 20, national_prefix: 153, rewrite: None, emergency: 6254, short: 6269 }, // CH
    Region { id: *b"CI", code: 225, lengths: 0x400, general: 6426, idd: 20, national_prefix: 0, rewrite: None, emergency: 6440, short: 6457 }, // CI
    Region { id: *b"CK", code: 682, lengths: 0x20, general: 6484, idd: 20, national_prefix: 0, rewrite: None, emergency: 6493, short: 6493 }, // CK
    Region { id: *b"CL", code: 56, lengths: 0xe00, general: 6500, idd: 6550, national_prefix: 0, rewrite: None, emergency: 6612, short: 6628 }, // CL
    Region { id: *b"CM", code: 237, lengths: 0x300, general: 7121, idd: 20, national_prefix: 0, rewrite: None, emergency: 7152, short: 7168 }, // CM
    Region { id: *b"CN", code: 86, lengths: 0x1f80, general: 7194, idd: 7324, national_prefix: 7350, rewrite: None, emergency: 7373, short: 7388 }, // CN
    Region { id: *b"CO", code: 57, lengths: 0xd00, general: 7531, idd: 7577, national_prefix: 7602, rewrite: None, emergency: 7629, short: 7660 }, // CO
    Region { id: *b"CR", code: 506, lengths: 0x500, general: 7806, idd: 20, national_prefix: 7852, rewrite: None, emergency: 4454, short: 7901 }, // CR
    Region { id: *b"CU", code: 53, lengths: 0x5c0, general: 8186, idd: 8236, national_prefix: 153, rewrite: None, emergency: 8240, short: 8247 }, // CU
    Region { id: *b"CV", code: 238, lengths: 0x80, general: 8293, idd: 153, national_prefix: 0, rewrite: None, emergency: 8313, short: 8313 }, // CV
    Region { id: *b"CW", code: 599, lengths: 0x180, general: 8320, idd: 20, national_prefix: 0, rewrite: None, emergency: 4454, short: 4468 }, // CW
    Region { id: *b"CX", code: 61, lengths: 0x17c0, general: 5891, idd: 2230, national_prefix: 5964, rewrite: Some(Rewrite { digits: *b"8\0\0\0", group: 1 }), emergency: 5987, short: 5987 }, // CX
    Region { id: *b"CY", code: 357, lengths: 0x100, general: 8355, idd: 20, national_prefix: 0, rewrite: None, emergency: 8377, short: 8390 }, // CY
    Region { id: *b"CZ", code: 420, lengths: 0x1e00, general: 8422, idd: 20, national_prefix: 0, rewrite: None, emergency: 8470, short: 8483 }, // CZ
    Region { id: *b"DE", code: 49, lengths: 0xfff0, general: 8551, idd: 20, national_prefix: 153, rewrite: None, emergency: 8889, short: 8896 }, // DE
    Region { id: *b"DJ", code: 253, lengths: 0x100, general: 9075, idd: 20, national_prefix: 0, rewrite: None, emergency: 3767, short: 3767 }, // DJ
    Region { id: *b"DK", code: 45, lengths: 0x100, general: 9093, idd: 20, national_prefix: 0, rewrite: None, emergency: 9105, short: 9112 }, // DK
    Region { id: *b"DM", code: 1, lengths: 0x400, general: 9207, idd: 285, national_prefix: 9239, rewrite: Some(Rewrite { digits: *b"767\0", group: 1 }), emergency: 9261, short: 9283 }, // DM
    Region { id: *b"DO", code: 1, lengths: 0x400, general: 9313, idd: 285, national_prefix: 5839, rewrite: None, emergency: 4454, short: 9336 }, // DO
    Region { id: *b"DZ", code: 213, lengths: 0x300, general: 9358, idd: 20, national_prefix: 153, rewrite: None, emergency: 9388, short: 9402 }, // DZ
    Region { id: *b"EC", code: 593, lengths: 0xf00, general: 9443, idd: 20, national_prefix: 153, rewrite: None, emergency: 9483, short: 9483 }, // EC
    Region { id: *b"EE", code: 372, lengths: 0x580, general: 9507, idd: 20, national_prefix: 0, rewrite: None, emergency: 8889, short: 9558 }, // EE
    Region { id: *b"EG", code: 20, lengths: 0x700, general: 9769, idd: 20, national_prefix: 153, rewrite: None, emergency: 9819, short: 9834 }, // EG
    Region { id: *b"EH", code: 212, lengths: 0x200, general: 9872, idd: 20, national_prefix: 153, rewrite: None, emergency: 9885, short: 9885 }, // EH
    Region { id: *b"ER", code: 291, lengths: 0x80, general: 9899, idd: 20, national_prefix: 153, rewrite: None, emergency: 9910, short: 9981 }, // ER
    Region { id: *b"ES", code: 34, lengths: 0x200, general: 10052, idd: 20, national_prefix: 0, rewrite: None, emergency: 10088, short: 10104 }, // ES
    Region { id: *b"ET", code: 251, lengths: 0x200, general: 10356, idd: 20, national_prefix: 153, rewrite: None, emergency: 10377, short: 10413 }, // ET
    Region { id: *b"FI", code: 358, lengths: 0x1fe0, general: 10465, idd: 2745, national_prefix: 153, rewrite: None, emergency: 2816, short: 10549 }, // FI
    Region { id: *b"FJ", code: 679, lengths: 0x880, general: 10609, idd: 10644, national_prefix: 0, rewrite: None, emergency: 10655, short: 10662 }, // FJ
    Region { id: *b"FK", code: 500, lengths: 0x20, general: 10758, idd: 20, national_prefix: 0, rewrite: None, emergency: 10767, short: 10772 }, // FK
    Region { id: *b"FM", code: 691, lengths: 0x80, general: 10786, idd: 20, national_prefix: 0, rewrite: None, emergency: 10806, short: 10806 }, // FM
    Region { id: *b"FO", code: 298, lengths: 0x40, general: 10822, idd: 20, national_prefix: 10832, rewrite: None, emergency: 9105, short: 10855 }, // FO
    Region { id: *b"FR", code: 33, lengths: 0x200, general: 10900, idd: 20, national_prefix: 153, rewrite: None, emergency: 10913, short: 10927 }, // FR
    Region { id: *b"GA", code: 241, lengths: 0x180, general: 11090, idd: 20, national_prefix: 11125, rewrite: Some(Rewrite { digits: *b"\0\0\0\0", group: 1 }), emergency: 11199, short: 11199 }, // GA
    Region { id: *b"GB", code: 44, lengths: 0x680, general: 11221, idd: 20, national_prefix: 11265, rewrite: None, emergency: 11279, short: 11293 }, // GB
    Region { id: *b"GD", code: 1, lengths: 0x400, general: 11647, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"473\0", group: 1 }), emergency: 395, short: 400 }, // GD
    Region { id: *b"GE", code: 995, lengths: 0x200, general: 11679, idd: 20, national_prefix: 153, rewrite: None, emergency: 11701, short: 11736 }, // GE
    Region { id: *b"GF", code: 594, lengths: 0x200, general: 11782, idd: 20, national_prefix: 153, rewrite: None, emergency: 11828, short: 11834 }, // GF
    Region { id: *b"GG", code: 44, lengths: 0x680, general: 11897, idd: 20, national_prefix: 11939, rewrite: Some(Rewrite { digits: *b"1481", group: 1 }), emergency: 11279, short: 11972 }, // GG
    Region { id: *b"GH", code: 233, lengths: 0x300, general: 12063, idd: 20, national_prefix: 153, rewrite: None, emergency: 12094, short: 12110 }, // GH
    Region { id: *b"GI", code: 350, lengths: 0x100, general: 12155, idd: 20, national_prefix: 0, rewrite: None, emergency: 12175, short: 12190 }, // GI
    Region { id: *b"GL", code: 299, lengths: 0x40, general: 12341, idd: 20, national_prefix: 0, rewrite: None, emergency: 2816, short: 12367 }, // GL
    Region { id: *b"GM", code: 220, lengths: 0x280, general: 12374, idd: 20, national_prefix: 0, rewrite: None, emergency: 12402, short: 12402 }, // GM
    Region { id: *b"GN", code: 224, lengths: 0x300, general: 12418, idd: 20, national_prefix: 0, rewrite: None, emergency: 0, short: 12451 }, // GN
    Region { id: *b"GP", code: 590, lengths: 0x200, general: 4230, idd: 20, national_prefix: 153, rewrite: None, emergency: 11828, short: 12467 }, // GP
    Region { id: *b"GQ", code: 240, lengths: 0x200, general: 12520, idd: 20, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // GQ
    Region { id: *b"GR", code: 30, lengths: 0x1c00, general: 12564, idd: 20, national_prefix: 0, rewrite: None, emergency: 12626, short: 12655 }, // GR
    Region { id: *b"GT", code: 502, lengths: 0x900, general: 12733, idd: 20, national_prefix: 0, rewrite: None, emergency: 12769, short: 12784 }, // GT
    Region { id: *b"GU", code: 1, lengths: 0x400, general: 12819, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"671\0", group: 1 }), emergency: 395, short: 12851 }, // GU
    Region { id: *b"GW", code: 245, lengths: 0x280, general: 12864, idd: 20, national_prefix: 0, rewrite: None, emergency: 12890, short: 12890 }, // GW
    Region { id: *b"GY", code: 592, lengths: 0x80, general: 12897, idd: 12918, national_prefix: 0, rewrite: None, emergency: 12922, short: 12929 }, // GY
    Region { id: *b"HK", code: 852, lengths: 0xbe0, general: 13029, idd: 13094, national_prefix: 0, rewrite: None, emergency: 13121, short: 13137 }, // HK
    Region { id: *b"HN", code: 504, lengths: 0x900, general: 13481, idd: 20, national_prefix: 0, rewrite: None, emergency: 13510, short: 13515 }, // HN
    Region { id: *b"HR", code: 385, lengths: 0x380, general: 13531, idd: 20, national_prefix: 153, rewrite: None, emergency: 13594, short: 13619 }, // HR
    Region { id: *b"HT", code: 509, lengths: 0x100, general: 13724, idd: 20, national_prefix: 0, rewrite: None, emergency: 13736, short: 13743 }, // HT
    Region { id: *b"HU", code: 36, lengths: 0x300, general: 13761, idd: 20, national_prefix: 13790, rewrite: None, emergency: 13793, short: 13808 }, // HU
    Region { id: *b"ID", code: 62, lengths: 0x3ff80, general: 14111, idd: 14232, national_prefix: 153, rewrite: None, emergency: 14238, short: 14245 }, // ID
    Region { id: *b"IE", code: 353, lengths: 0x780, general: 14295, idd: 20, national_prefix: 153, rewrite: None, emergency: 11279, short: 14381 }, // IE
    Region { id: *b"IL", code: 972, lengths: 0x1f80, general: 14455, idd: 14511, national_prefix: 153, rewrite: None, emergency: 14532, short: 14547 }, // IL
    Region { id: *b"IM", code: 44, lengths: 0x400, general: 14612, idd: 20, national_prefix: 14650, rewrite: Some(Rewrite { digits: *b"1624", group: 1 }), emergency: 10767, short: 14683 }, // IM
    Region { id: *b"IN", code: 91, lengths: 0x3f00, general: 14724, idd: 20, national_prefix: 153, rewrite: None, emergency: 14784, short: 14818 }, // IN
    Region { id: *b"IO", code: 246, lengths: 0x80, general: 16032, idd: 20, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // IO
    Region { id: *b"IQ", code: 964, lengths: 0x700, general: 16041, idd: 20, national_prefix: 153, rewrite: None, emergency: 16080, short: 16103 }, // IQ
    Region { id: *b"IR", code: 98, lengths: 0x4f0, general: 16157, idd: 20, national_prefix: 153, rewrite: None, emergency: 16196, short: 16220 }, // IR
    Region { id: *b"IS", code: 354, lengths: 0x280, general: 16513, idd: 16533, national_prefix: 0, rewrite: None, emergency: 2816, short: 16565 }, // IS
    Region { id: *b"IT", code: 39, lengths: 0x1fc0, general: 16692, idd: 20, national_prefix: 0, rewrite: None, emergency: 16851, short: 16858 }, // IT
    Region { id: *b"JE", code: 44, lengths: 0x400, general: 17147, idd: 20, national_prefix: 17185, rewrite: Some(Rewrite { digits: *b"1534", group: 1 }), emergency: 11279, short: 17218 }, // JE
    Region { id: *b"JM", code: 1, lengths: 0x400, general: 17353, idd: 285, national_prefix: 5839, rewrite: None, emergency: 17385, short: 17401 }, // JM
    Region { id: *b"JO", code: 962, lengths: 0x300, general: 17433, idd: 20, national_prefix: 153, rewrite: None, emergency: 17478, short: 17502 }, // JO
    Region { id: *b"JP", code: 81, lengths: 0x3ff00, general: 17551, idd: 17639, national_prefix: 17643, rewrite: Some(Rewrite { digits: *b"\0\0\0\0", group: 1 }), emergency: 17690, short: 17697 }, // JP
    Region { id: *b"KE", code: 254, lengths: 0x780, general: 17754, idd: 17825, national_prefix: 153, rewrite: None, emergency: 17829, short: 17845 }, // KE
    Region { id: *b"KG", code: 996, lengths: 0x600, general: 18141, idd: 20, national_prefix: 153, rewrite: None, emergency: 630, short: 18170 }, // KG
    Region { id: *b"KH", code: 855, lengths: 0x700, general: 18187, idd: 18219, national_prefix: 153, rewrite: None, emergency: 18225, short: 18241 }, // KH
    Region { id: *b"KI", code: 686, lengths: 0x120, general: 18268, idd: 20, national_prefix: 153, rewrite: None, emergency: 18311, short: 18329 }, // KI
    Region { id: *b"KM", code: 269, lengths: 0x80, general: 18386, idd: 20, national_prefix: 0, rewrite: None, emergency: 3767, short: 3767 }, // KM
    Region { id: *b"KN", code: 1, lengths: 0x400, general: 9313, idd: 285, national_prefix: 9239, rewrite: Some(Rewrite { digits: *b"869\0", group: 1 }), emergency: 9261, short: 9283 }, // KN
    Region { id: *b"KP", code: 850, lengths: 0x500, general: 18397, idd: 18432, national_prefix: 153, rewrite: None, emergency: 18443, short: 18443 }, // KP
    Region { id: *b"KR", code: 82, lengths: 0x7f60, general: 18459, idd: 18596, national_prefix: 18663, rewrite: None, emergency: 18681, short: 18688 }, // KR
    Region { id: *b"KW", code: 965, lengths: 0x180, general: 18885, idd: 20, national_prefix: 0, rewrite: None, emergency: 2816, short: 18918 }, // KW
    Region { id: *b"KY", code: 1, lengths: 0x400, general: 18936, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"345\0", group: 1 }), emergency: 395, short: 12851 }, // KY
    Region { id: *b"KZ", code: 7, lengths: 0x4400, general: 18968, idd: 5632, national_prefix: 19002, rewrite: None, emergency: 2883, short: 19004 }, // KZ
    Region { id: *b"LA", code: 856, lengths: 0x700, general: 19049, idd: 20, national_prefix: 153, rewrite: None, emergency: 19102, short: 19102 }, // LA
    Region { id: *b"LB", code: 961, lengths: 0x180, general: 19109, idd: 20, national_prefix: 153, rewrite: None, emergency: 19136, short: 19136 }, // LB
    Region { id: *b"LC", code: 1, lengths: 0x400, general: 19166, idd: 285, national_prefix: 19198, rewrite: Some(Rewrite { digits: *b"758\0", group: 1 }), emergency: 23, short: 19220 }, // LC
    Region { id: *b"LI", code: 423, lengths: 0x280, general: 19241, idd: 20, national_prefix: 19277, rewrite: None, emergency: 6254, short: 19289 }, // LI
    Region { id: *b"LK", code: 94, lengths: 0x200, general: 10900, idd: 20, national_prefix: 153, rewrite: None, emergency: 19341, short: 19348 }, // LK
    Region { id: *b"LR", code: 231, lengths: 0x380, general: 19541, idd: 20, national_prefix: 153, rewrite: None, emergency: 19593, short: 19607 }, // LR
    Region { id: *b"LS", code: 266, lengths: 0x100, general: 19650, idd: 20, national_prefix: 0, rewrite: None, emergency: 19671, short: 19671 }, // LS
    Region { id: *b"LT", code: 370, lengths: 0x100, general: 19678, idd: 20, national_prefix: 19708, rewrite: None, emergency: 19712, short: 19761 }, // LT
    Region { id: *b"LU", code: 352, lengths: 0xff0, general: 19841, idd: 20, national_prefix: 19951, rewrite: None, emergency: 20023, short: 20030 }, // LU
    Region { id: *b"LV", code: 371, lengths: 0x100, general: 20084, idd: 20, national_prefix: 0, rewrite: None, emergency: 20112, short: 20129 }, // LV
    Region { id: *b"LY", code: 218, lengths: 0x200, general: 20212, idd: 20, national_prefix: 153, rewrite: None, emergency: 20225, short: 20225 }, // LY
    Region { id: *b"MA", code: 212, lengths: 0x200, general: 9872, idd: 20, national_prefix: 153, rewrite: None, emergency: 9885, short: 9885 }, // MA
    Region { id: *b"MC", code: 377, lengths: 0x300, general: 20232, idd: 20, national_prefix: 153, rewrite: None, emergency: 10913, short: 20254 }, // MC
    Region { id: *b"MD", code: 373, lengths: 0x100, general: 20276, idd: 20, national_prefix: 153, rewrite: None, emergency: 20298, short: 20314 }, // MD
    Region { id: *b"ME", code: 382, lengths: 0x300, general: 20423, idd: 20, national_prefix: 153, rewrite: None, emergency: 20461, short: 20476 }, // ME
    Region { id: *b"MF", code: 590, lengths: 0x200, general: 4230, idd: 20, national_prefix: 153, rewrite: None, emergency: 11828, short: 12467 }, // MF
    Region { id: *b"MG", code: 261, lengths: 0x200, general: 20593, idd: 20, national_prefix: 20606, rewrite: Some(Rewrite { digits: *b"20\0\0", group: 1 }), emergency: 20628, short: 20628 }, // MG
    Region { id: *b"MH", code: 692, lengths: 0x80, general: 20644, idd: 285, national_prefix: 5839, rewrite: None, emergency: 395, short: 395 }, // MH
    Region { id: *b"MK", code: 389, lengths: 0x100, general: 20676, idd: 20, national_prefix: 153, rewrite: None, emergency: 20688, short: 20703 }, // MK
    Region { id: *b"ML", code: 223, lengths: 0x100, general: 20753, idd: 20, national_prefix: 0, rewrite: None, emergency: 11828, short: 20765 }, // ML
    Region { id: *b"MM", code: 95, lengths: 0x7c0, general: 20933, idd: 20, national_prefix: 153, rewrite: None, emergency: 13510, short: 13510 }, // MM
    Region { id: *b"MN", code: 976, lengths: 0x700, general: 21028, idd: 12918, national_prefix: 153, rewrite: None, emergency: 21064, short: 21064 }, // MN
    Region { id: *b"MO", code: 853, lengths: 0x180, general: 21071, idd: 20, national_prefix: 0, rewrite: None, emergency: 10767, short: 10767 }, // MO
    Region { id: *b"MP", code: 1, lengths: 0x400, general: 21104, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"670\0", group: 1 }), emergency: 395, short: 12851 }, // MP
    Region { id: *b"MQ", code: 596, lengths: 0x200, general: 21142, idd: 20, national_prefix: 153, rewrite: None, emergency: 10913, short: 21180 }, // MQ
    Region { id: *b"MR", code: 222, lengths: 0x100, general: 21218, idd: 20, national_prefix: 0, rewrite: None, emergency: 3767, short: 3767 }, // MR
    Region { id: *b"MS", code: 1, lengths: 0x400, general: 21239, idd: 285, national_prefix: 21271, rewrite: Some(Rewrite { digits: *b"664\0", group: 1 }), emergency: 23, short: 21293 }, // MS
    Region { id: *b"MT", code: 356, lengths: 0x100, general: 21323, idd: 20, national_prefix: 0, rewrite: None, emergency: 2816, short: 21358 }, // MT
    Region { id: *b"MU", code: 230, lengths: 0x580, general: 21390, idd: 21426, national_prefix: 0, rewrite: None, emergency: 21449, short: 21467 }, // MU
    Region { id: *b"MV", code: 960, lengths: 0x480, general: 21498, idd: 21536, national_prefix: 0, rewrite: None, emergency: 21547, short: 21562 }, // MV
    Region { id: *b"MW", code: 265, lengths: 0x280, general: 21600, idd: 20, national_prefix: 153, rewrite: None, emergency: 21642, short: 21658 }, // MW
    Region { id: *b"MX", code: 52, lengths: 0x400, general: 21685, idd: 21699, national_prefix: 0, rewrite: None, emergency: 21704, short: 21728 }, // MX
    Region { id: *b"MY", code: 60, lengths: 0x700, general: 21765, idd: 20, national_prefix: 153, rewrite: None, emergency: 11279, short: 21804 }, // MY
    Region { id: *b"MZ", code: 258, lengths: 0x300, general: 22116, idd: 20, national_prefix: 0, rewrite: None, emergency: 22134, short: 22151 }, // MZ
    Region { id: *b"NA", code: 264, lengths: 0x300, general: 22179, idd: 20, national_prefix: 153, rewrite: None, emergency: 22195, short: 22202 }, // NA
    Region { id: *b"NC", code: 687, lengths: 0x40, general: 22234, idd: 20, national_prefix: 0, rewrite: None, emergency: 22253, short: 22259 }, // NC
    Region { id: *b"NE", code: 227, lengths: 0x100, general: 22359, idd: 20, national_prefix: 0, rewrite: None, emergency: 22371, short: 22397 }, // NE
    Region { id: *b"NF", code: 672, lengths: 0x40, general: 22512, idd: 20, national_prefix: 22522, rewrite: Some(Rewrite { digits: *b"3\0\0\0", group: 1 }), emergency: 22535, short: 22535 }, // NF
    Region { id: *b"NG", code: 234, lengths: 0x7c00, general: 22556, idd: 22610, national_prefix: 153, rewrite: None, emergency: 13510, short: 22614 }, // NG
    Region { id: *b"NI", code: 505, lengths: 0x100, general: 22630, idd: 20, national_prefix: 0, rewrite: None, emergency: 22652, short: 22669 }, // NI
    Region { id: *b"NL", code: 31, lengths: 0xfe0, general: 22745, idd: 20, national_prefix: 153, rewrite: None, emergency: 4454, short: 22848 }, // NL
    Region { id: *b"NO", code: 47, lengths: 0x120, general: 22973, idd: 20, national_prefix: 0, rewrite: None, emergency: 5296, short: 22992 }, // NO
    Region { id: *b"NP", code: 977, lengths: 0xd00, general: 23085, idd: 20, national_prefix: 153, rewrite: None, emergency: 23121, short: 23136 }, // NP
    Region { id: *b"NR", code: 674, lengths: 0x80, general: 23169, idd: 20, national_prefix: 0, rewrite: None, emergency: 23231, short: 23238 }, // NR
    Region { id: *b"NU", code: 683, lengths: 0x90, general: 23261, idd: 20, national_prefix: 0, rewrite: None, emergency: 10767, short: 23279 }, // NU
    Region { id: *b"NZ", code: 64, lengths: 0x7e0, general: 23304, idd: 23405, national_prefix: 153, rewrite: None, emergency: 23417, short: 23422 }, // NZ
    Region { id: *b"OM", code: 968, lengths: 0x380, general: 23517, idd: 20, national_prefix: 0, rewrite: None, emergency: 23566, short: 23582 }, // OM
    Region { id: *b"PA", code: 507, lengths: 0xd80, general: 23685, idd: 20, national_prefix: 0, rewrite: None, emergency: 395, short: 23739 }, // PA
    Region { id: *b"PE", code: 51, lengths: 0x300, general: 23755, idd: 23775, national_prefix: 153, rewrite: None, emergency: 23808, short: 23808 }, // PE
    Region { id: *b"PF", code: 689, lengths: 0x340, general: 23823, idd: 20, national_prefix: 0, rewrite: None, emergency: 11828, short: 11828 }, // PF
    Region { id: *b"PG", code: 675, lengths: 0x180, general: 23854, idd: 23898, national_prefix: 0, rewrite: None, emergency: 23913, short: 23929 }, // PG
    Region { id: *b"PH", code: 63, lengths: 0x3f40, general: 23975, idd: 20, national_prefix: 153, rewrite: None, emergency: 24040, short: 24040 }, // PH
    Region { id: *b"PK", code: 92, lengths: 0x1f00, general: 24056, idd: 20, national_prefix: 153, rewrite: None, emergency: 24229, short: 24254 }, // PK
    Region { id: *b"PL", code: 48, lengths: 0x7c0, general: 24290, idd: 20, national_prefix: 0, rewrite: None, emergency: 155, short: 24343 }, // PL
    Region { id: *b"PM", code: 508, lengths: 0x240, general: 24423, idd: 20, national_prefix: 153, rewrite: None, emergency: 11828, short: 24450 }, // PM
    Region { id: *b"PR", code: 1, lengths: 0x400, general: 24502, idd: 285, national_prefix: 5839, rewrite: None, emergency: 395, short: 12851 }, // PR
    Region { id: *b"PS", code: 970, lengths: 0x700, general: 24525, idd: 20, national_prefix: 153, rewrite: None, emergency: 24560, short: 24567 }, // PS
    Region { id: *b"PT", code: 351, lengths: 0x200, general: 24607, idd: 20, national_prefix: 0, rewrite: None, emergency: 24643, short: 24650 }, // PT
    Region { id: *b"PW", code: 680, lengths: 0x80, general: 24836, idd: 24865, national_prefix: 0, rewrite: None, emergency: 395, short: 395 }, // PW
    Region { id: *b"PY", code: 595, lengths: 0xfc0, general: 24871, idd: 20, national_prefix: 153, rewrite: None, emergency: 24988, short: 25002 }, // PY
    Region { id: *b"QA", code: 974, lengths: 0xb80, general: 25048, idd: 20, national_prefix: 0, rewrite: None, emergency: 10767, short: 25105 }, // QA
    Region { id: *b"RE", code: 262, lengths: 0x200, general: 25148, idd: 20, national_prefix: 153, rewrite: None, emergency: 10913, short: 10913 }, // RE
    Region { id: *b"RO", code: 40, lengths: 0x240, general: 25184, idd: 20, national_prefix: 153, rewrite: None, emergency: 2816, short: 25219 }, // RO
    Region { id: *b"RS", code: 381, lengths: 0x1fc0, general: 25381, idd: 20, national_prefix: 153, rewrite: None, emergency: 25563, short: 25578 }, // RS
    Region { id: *b"RU", code: 7, lengths: 0x4400, general: 25607, idd: 5632, national_prefix: 19002, rewrite: None, emergency: 25641, short: 25664 }, // RU
    Region { id: *b"RW", code: 250, lengths: 0x300, general: 25687, idd: 20, national_prefix: 153, rewrite: None, emergency: 25719, short: 25726 }, // RW
    Region { id: *b"SA", code: 966, lengths: 0x600, general: 25778, idd: 20, national_prefix: 153, rewrite: None, emergency: 25808, short: 25832 }, // SA
    Region { id: *b"SB", code: 677, lengths: 0xa0, general: 25976, idd: 26000, national_prefix: 0, rewrite: None, emergency: 10767, short: 26005 }, // SB
    Region { id: *b"SC", code: 248, lengths: 0x80, general: 26162, idd: 26181, national_prefix: 0, rewrite: None, emergency: 10767, short: 26195 }, // SC
    Region { id: *b"SD", code: 249, lengths: 0x200, general: 26300, idd: 20, national_prefix: 153, rewrite: None, emergency: 10767, short: 10767 }, // SD
    Region { id: *b"SE", code: 46, lengths: 0x17c0, general: 26313, idd: 20, national_prefix: 153, rewrite: None, emergency: 26396, short: 26412 }, // SE
    Region { id: *b"SG", code: 65, lengths: 0xd00, general: 26644, idd: 26690, national_prefix: 0, rewrite: None, emergency: 26696, short: 26703 }, // SG
    Region { id: *b"SH", code: 290, lengths: 0x30, general: 26786, idd: 20, national_prefix: 0, rewrite: None, emergency: 23, short: 26802 }, // SH
    Region { id: *b"SI", code: 386, lengths: 0x1e0, general: 26841, idd: 26896, national_prefix: 153, rewrite: None, emergency: 20023, short: 26933 }, // SI
    Region { id: *b"SJ", code: 47, lengths: 0x120, general: 27087, idd: 20, national_prefix: 0, rewrite: None, emergency: 5296, short: 27118 }, // SJ
    Region { id: *b"SK", code: 421, lengths: 0x2c0, general: 27136, idd: 20, national_prefix: 153, rewrite: None, emergency: 27178, short: 27193 }, // SK
    Region { id: *b"SL", code: 232, lengths: 0x100, general: 27249, idd: 20, national_prefix: 153, rewrite: None, emergency: 27269, short: 27282 }, // SL
    Region { id: *b"SM", code: 378, lengths: 0x500, general: 27306, idd: 20, national_prefix: 27328, rewrite: Some(Rewrite { digits: *b"0549", group: 1 }), emergency: 27342, short: 27342 }, // SM
    Region { id: *b"SN", code: 221, lengths: 0x200, general: 27349, idd: 20, national_prefix: 0, rewrite: None, emergency: 3767, short: 27370 }, // SN
    Region { id: *b"SO", code: 252, lengths: 0x3c0, general: 27429, idd: 20, national_prefix: 153, rewrite: None, emergency: 27487, short: 27510 }, // SO
    Region { id: *b"SR", code: 597, lengths: 0xc0, general: 27542, idd: 20, national_prefix: 0, rewrite: None, emergency: 27562, short: 27567 }, // SR
    Region { id: *b"SS", code: 211, lengths: 0x200, general: 26300, idd: 20, national_prefix: 153, rewrite: None, emergency: 10767, short: 10767 }, // SS
    Region { id: *b"ST", code: 239, lengths: 0x80, general: 27576, idd: 20, national_prefix: 0, rewrite: None, emergency: 2816, short: 2816 }, // ST
    Region { id: *b"SV", code: 503, lengths: 0x980, general: 27593, idd: 20, national_prefix: 0, rewrite: None, emergency: 27634, short: 27641 }, // SV
    Region { id: *b"SX", code: 1, lengths: 0x400, general: 27714, idd: 285, national_prefix: 27753, rewrite: Some(Rewrite { digits: *b"721\0", group: 1 }), emergency: 27773, short: 27778 }, // SX
    Region { id: *b"SY", code: 963, lengths: 0x300, general: 27791, idd: 20, national_prefix: 153, rewrite: None, emergency: 5296, short: 5296 }, // SY
    Region { id: *b"SZ", code: 268, lengths: 0x300, general: 27820, idd: 20, national_prefix: 0, rewrite: None, emergency: 10767, short: 10767 }, // SZ
    Region { id: *b"TA", code: 290, lengths: 0x10, general: 27855, idd: 20, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // TA
    Region { id: *b"TC", code: 1, lengths: 0x400, general: 27861, idd: 285, national_prefix: 27893, rewrite: Some(Rewrite { digits: *b"649\0", group: 1 }), emergency: 23, short: 19220 }, // TC
    Region { id: *b"TD", code: 235, lengths: 0x100, general: 27915, idd: 27943, national_prefix: 0, rewrite: None, emergency: 3767, short: 3767 }, // TD
    Region { id: *b"TG", code: 228, lengths: 0x100, general: 27954, idd: 20, national_prefix: 0, rewrite: None, emergency: 27966, short: 27983 }, // TG
    Region { id: *b"TH", code: 66, lengths: 0x2700, general: 28009, idd: 28065, national_prefix: 153, rewrite: None, emergency: 28071, short: 28087 }, // TH
    Region { id: *b"TJ", code: 992, lengths: 0x200, general: 28476, idd: 5632, national_prefix: 0, rewrite: None, emergency: 2883, short: 2883 }, // TJ
    Region { id: *b"TK", code: 690, lengths: 0xf0, general: 28497, idd: 20, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // TK
    Region { id: *b"TL", code: 670, lengths: 0x180, general: 28517, idd: 20, national_prefix: 0, rewrite: None, emergency: 24643, short: 28552 }, // TL
    Region { id: *b"TM", code: 993, lengths: 0x100, general: 28597, idd: 5632, national_prefix: 19002, rewrite: None, emergency: 28609, short: 28615 }, // TM
    Region { id: *b"TN", code: 216, lengths: 0x100, general: 28621, idd: 20, national_prefix: 0, rewrite: None, emergency: 28633, short: 28633 }, // TN
    Region { id: *b"TO", code: 676, lengths: 0xa0, general: 28640, idd: 20, national_prefix: 0, rewrite: None, emergency: 28683, short: 28683 }, // TO
    Region { id: *b"TR", code: 90, lengths: 0x3480, general: 28712, idd: 20, national_prefix: 153, rewrite: None, emergency: 28770, short: 28785 }, // TR
    Region { id: *b"TT", code: 1, lengths: 0x400, general: 9313, idd: 285, national_prefix: 29455, rewrite: Some(Rewrite { digits: *b"868\0", group: 1 }), emergency: 29477, short: 29484 }, // TT
    Region { id: *b"TV", code: 688, lengths: 0xe0, general: 29499, idd: 20, national_prefix: 0, rewrite: None, emergency: 395, short: 29523 }, // TV
    Region { id: *b"TW", code: 886, lengths: 0xf80, general: 29537, idd: 29599, national_prefix: 153, rewrite: None, emergency: 29613, short: 29620 }, // TW
    Region { id: *b"TZ", code: 255, lengths: 0x200, general: 29738, idd: 29767, national_prefix: 153, rewrite: None, emergency: 29773, short: 29789 }, // TZ
    Region { id: *b"UA", code: 380, lengths: 0x600, general: 29824, idd: 20, national_prefix: 153, rewrite: None, emergency: 2883, short: 29855 }, // UA
    Region { id: *b"UG", code: 256, lengths: 0x200, general: 29978, idd: 30016, national_prefix: 153, rewrite: None, emergency: 10767, short: 10767 }, // UG
    Region { id: *b"US", code: 1, lengths: 0x400, general: 5812, idd: 285, national_prefix: 5839, rewrite: None, emergency: 4454, short: 30022 }, // US
    Region { id: *b"UY", code: 598, lengths: 0x3ff0, general: 30121, idd: 30210, national_prefix: 153, rewrite: None, emergency: 24988, short: 30224 }, // UY
    Region { id: *b"UZ", code: 998, lengths: 0x200, general: 30282, idd: 20, national_prefix: 0, rewrite: None, emergency: 30311, short: 30335 }, // UZ
    Region { id: *b"VA", code: 39, lengths: 0x1fc0, general: 30370, idd: 20, national_prefix: 0, rewrite: None, emergency: 16851, short: 16851 }, // VA
    Region { id: *b"VC", code: 1, lengths: 0x400, general: 30495, idd: 285, national_prefix: 9239, rewrite: Some(Rewrite { digits: *b"784\0", group: 1 }), emergency: 23, short: 19220 }, // VC
    Region { id: *b"VE", code: 58, lengths: 0x400, general: 30527, idd: 20, national_prefix: 153, rewrite: None, emergency: 30569, short: 30569 }, // VE
    Region { id: *b"VG", code: 1, lengths: 0x400, general: 30591, idd: 285, national_prefix: 30623, rewrite: Some(Rewrite { digits: *b"284\0", group: 1 }), emergency: 23, short: 19220 }, // VG
    Region { id: *b"VI", code: 1, lengths: 0x400, general: 30645, idd: 285, national_prefix: 3115, rewrite: Some(Rewrite { digits: *b"340\0", group: 1 }), emergency: 395, short: 12851 }, // VI
    Region { id: *b"VN", code: 84, lengths: 0x780, general: 30683, idd: 20, national_prefix: 153, rewrite: None, emergency: 30746, short: 30746 }, // VN
    Region { id: *b"VU", code: 678, lengths: 0xa0, general: 30753, idd: 20, national_prefix: 0, rewrite: None, emergency: 2816, short: 2816 }, // VU
    Region { id: *b"WF", code: 681, lengths: 0x240, general: 30785, idd: 20, national_prefix: 0, rewrite: None, emergency: 11828, short: 11828 }, // WF
    Region { id: *b"WS", code: 685, lengths: 0x4e0, general: 30826, idd: 153, national_prefix: 0, rewrite: None, emergency: 30876, short: 30891 }, // WS
    Region { id: *b"XK", code: 383, lengths: 0x1f00, general: 30937, idd: 20, national_prefix: 153, rewrite: None, emergency: 20688, short: 20688 }, // XK
    Region { id: *b"YE", code: 967, lengths: 0x380, general: 31006, idd: 20, national_prefix: 153, rewrite: None, emergency: 31039, short: 31039 }, // YE
    Region { id: *b"YT", code: 262, lengths: 0x200, general: 31046, idd: 20, national_prefix: 153, rewrite: None, emergency: 31098, short: 31098 }, // YT
    Region { id: *b"ZA", code: 27, lengths: 0x7e0, general: 31110, idd: 20, national_prefix: 153, rewrite: None, emergency: 31154, short: 31177 }, // ZA
    Region { id: *b"ZM", code: 260, lengths: 0x200, general: 31272, idd: 20, national_prefix: 153, rewrite: None, emergency: 31316, short: 31316 }, // ZM
    Region { id: *b"ZW", code: 263, lengths: 0x680, general: 31332, idd: 20, national_prefix: 153, rewrite: None, emergency: 31384, short: 31400 }, // ZW
    Region { id: *b"00", code: 800, lengths: 0x100, general: 31451, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 808, lengths: 0x100, general: 31471, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 870, lengths: 0x1200, general: 31483, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 878, lengths: 0x1000, general: 31514, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 881, lengths: 0x600, general: 31528, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 882, lengths: 0x1f80, general: 31557, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 883, lengths: 0x1f00, general: 31631, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 888, lengths: 0x800, general: 31667, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
    Region { id: *b"00", code: 979, lengths: 0x200, general: 31680, idd: 0, national_prefix: 0, rewrite: None, emergency: 0, short: 0 }, // 001
];

#[rustfmt::skip]
pub(crate) static CODES: [CallingCode; 215] = [
    CallingCode { code: 1, main: 227, lengths: 0x480 },
    CallingCode { code: 7, main: 186, lengths: 0x4400 },
    CallingCode { code: 20, main: 63, lengths: 0x700 },
    CallingCode { code: 27, main: 242, lengths: 0x7e0 },
    CallingCode { code: 30, main: 87, lengths: 0x1c00 },
    CallingCode { code: 31, main: 162, lengths: 0xfe0 },
    CallingCode { code: 32, main: 19, lengths: 0x300 },
    CallingCode { code: 33, main: 73, lengths: 0x200 },
    CallingCode { code: 34, main: 66, lengths: 0x200 },
    CallingCode { code: 36, main: 96, lengths: 0x300 },
    CallingCode { code: 39, main: 106, lengths: 0x1fc0 },
    CallingCode { code: 40, main: 184, lengths: 0x240 },
    CallingCode { code: 41, main: 41, lengths: 0x1200 },
    CallingCode { code: 43, main: 11, lengths: 0x3ff0 },
    CallingCode { code: 44, main: 75, lengths: 0x680 },
    CallingCode { code: 45, main: 57, lengths: 0x100 },
    CallingCode { code: 46, main: 192, lengths: 0x17c0 },
    CallingCode { code: 47, main: 163, lengths: 0x120 },
    CallingCode { code: 48, main: 175, lengths: 0x7c0 },
    CallingCode { code: 49, main: 55, lengths: 0xfff0 },
    CallingCode { code: 51, main: 170, lengths: 0x300 },
    CallingCode { code: 52, main: 153, lengths: 0x400 },
    CallingCode { code: 53, main: 49, lengths: 0x5c0 },
    CallingCode { code: 54, main: 9, lengths: 0xc00 },
    CallingCode { code: 55, main: 30, lengths: 0xf00 },
    CallingCode { code: 56, main: 44, lengths: 0xe00 },
    CallingCode { code: 57, main: 47, lengths: 0xd00 },
    CallingCode { code: 58, main: 232, lengths: 0x400 },
    CallingCode { code: 60, main: 154, lengths: 0x700 },
    CallingCode { code: 61, main: 12, lengths: 0x17e0 },
    CallingCode { code: 62, main: 97, lengths: 0x3ff80 },
    CallingCode { code: 63, main: 173, lengths: 0x3f40 },
    CallingCode { code: 64, main: 167, lengths: 0x7e0 },
    CallingCode { code: 65, main: 193, lengths: 0xd00 },
    CallingCode { code: 66, main: 213, lengths: 0x2700 },
    CallingCode { code: 81, main: 110, lengths: 0x3ff00 },
    CallingCode { code: 82, main: 118, lengths: 0x7f60 },
    CallingCode { code: 84, main: 235, lengths: 0x780 },
    CallingCode { code: 86, main: 46, lengths: 0x1f80 },
    CallingCode { code: 90, main: 220, lengths: 0x3480 },
    CallingCode { code: 91, main: 101, lengths: 0x3f00 },
    CallingCode { code: 92, main: 174, lengths: 0x1f00 },
    CallingCode { code: 93, main: 3, lengths: 0x200 },
    CallingCode { code: 94, main: 126, lengths: 0x200 },
    CallingCode { code: 95, main: 142, lengths: 0x7c0 },
    CallingCode { code: 98, main: 104, lengths: 0x4f0 },
    CallingCode { code: 211, main: 203, lengths: 0x200 },
    CallingCode { code: 212, main: 133, lengths: 0x200 },
    CallingCode { code: 213, main: 60, lengths: 0x300 },
    CallingCode { code: 216, main: 218, lengths: 0x100 },
    CallingCode { code: 218, main: 132, lengths: 0x200 },
    CallingCode { code: 220, main: 83, lengths: 0x280 },
    CallingCode { code: 221, main: 200, lengths: 0x200 },
    CallingCode { code: 222, main: 147, lengths: 0x100 },
    CallingCode { code: 223, main: 141, lengths: 0x100 },
    CallingCode { code: 224, main: 84, lengths: 0x300 },
    CallingCode { code: 225, main: 42, lengths: 0x400 },
    CallingCode { code: 226, main: 20, lengths: 0x100 },
    CallingCode { code: 227, main: 158, lengths: 0x100 },
    CallingCode { code: 228, main: 212, lengths: 0x100 },
    CallingCode { code: 229, main: 24, lengths: 0x500 },
    CallingCode { code: 230, main: 150, lengths: 0x580 },
    CallingCode { code: 231, main: 127, lengths: 0x380 },
    CallingCode { code: 232, main: 198, lengths: 0x100 },
    CallingCode { code: 233, main: 80, lengths: 0x300 },
    CallingCode { code: 234, main: 160, lengths: 0x7c00 },
    CallingCode { code: 235, main: 211, lengths: 0x100 },
    CallingCode { code: 236, main: 39, lengths: 0x100 },
    CallingCode { code: 237, main: 45, lengths: 0x300 },
    CallingCode { code: 238, main: 50, lengths: 0x80 },
    CallingCode { code: 239, main: 204, lengths: 0x80 },
    CallingCode { code: 240, main: 86, lengths: 0x200 },
    CallingCode { code: 241, main: 74, lengths: 0x180 },
    CallingCode { code: 242, main: 40, lengths: 0x200 },
    CallingCode { code: 243, main: 38, lengths: 0x780 },
    CallingCode { code: 244, main: 8, lengths: 0x200 },
    CallingCode { code: 245, main: 90, lengths: 0x280 },
    CallingCode { code: 246, main: 102, lengths: 0x80 },
    CallingCode { code: 247, main: 0, lengths: 0x60 },
    CallingCode { code: 248, main: 190, lengths: 0x80 },
    CallingCode { code: 249, main: 191, lengths: 0x200 },
    CallingCode { code: 250, main: 187, lengths: 0x300 },
    CallingCode { code: 251, main: 67, lengths: 0x200 },
    CallingCode { code: 252, main: 201, lengths: 0x3c0 },
    CallingCode { code: 253, main: 56, lengths: 0x100 },
    CallingCode { code: 254, main: 111, lengths: 0x780 },
    CallingCode { code: 255, main: 224, lengths: 0x200 },
    CallingCode { code: 256, main: 226, lengths: 0x200 },
    CallingCode { code: 257, main: 23, lengths: 0x100 },
    CallingCode { code: 258, main: 155, lengths: 0x300 },
    CallingCode { code: 260, main: 243, lengths: 0x200 },
    CallingCode { code: 261, main: 138, lengths: 0x200 },
    CallingCode { code: 262, main: 183, lengths: 0x200 },
    CallingCode { code: 263, main: 244, lengths: 0x680 },
    CallingCode { code: 264, main: 156, lengths: 0x300 },
    CallingCode { code: 265, main: 152, lengths: 0x280 },
    CallingCode { code: 266, main: 128, lengths: 0x100 },
    CallingCode { code: 267, main: 33, lengths: 0x580 },
    CallingCode { code: 268, main: 208, lengths: 0x300 },
    CallingCode { code: 269, main: 115, lengths: 0x80 },
    CallingCode { code: 290, main: 194, lengths: 0x30 },
    CallingCode { code: 291, main: 65, lengths: 0x80 },
    CallingCode { code: 297, main: 13, lengths: 0x80 },
    CallingCode { code: 298, main: 72, lengths: 0x40 },
    CallingCode { code: 299, main: 82, lengths: 0x40 },
    CallingCode { code: 350, main: 81, lengths: 0x100 },
    CallingCode { code: 351, main: 179, lengths: 0x200 },
    CallingCode { code: 352, main: 130, lengths: 0xff0 },
    CallingCode { code: 353, main: 98, lengths: 0x780 },
    CallingCode { code: 354, main: 105, lengths: 0x280 },
    CallingCode { code: 355, main: 6, lengths: 0x3c0 },
    CallingCode { code: 356, main: 149, lengths: 0x100 },
    CallingCode { code: 357, main: 53, lengths: 0x100 },
    CallingCode { code: 358, main: 68, lengths: 0x1fe0 },
    CallingCode { code: 359, main: 21, lengths: 0x13c0 },
    CallingCode { code: 370, main: 129, lengths: 0x100 },
    CallingCode { code: 371, main: 131, lengths: 0x100 },
    CallingCode { code: 372, main: 62, lengths: 0x580 },
    CallingCode { code: 373, main: 135, lengths: 0x100 },
    CallingCode { code: 374, main: 7, lengths: 0x100 },
    CallingCode { code: 375, main: 34, lengths: 0xfc0 },
    CallingCode { code: 376, main: 1, lengths: 0x340 },
    CallingCode { code: 377, main: 134, lengths: 0x300 },
    CallingCode { code: 378, main: 199, lengths: 0x500 },
    CallingCode { code: 380, main: 225, lengths: 0x600 },
    CallingCode { code: 381, main: 185, lengths: 0x1fc0 },
    CallingCode { code: 382, main: 136, lengths: 0x300 },
    CallingCode { code: 383, main: 239, lengths: 0x1f00 },
    CallingCode { code: 385, main: 94, lengths: 0x380 },
    CallingCode { code: 386, main: 195, lengths: 0x1e0 },
    CallingCode { code: 387, main: 16, lengths: 0x300 },
    CallingCode { code: 389, main: 140, lengths: 0x100 },
    CallingCode { code: 420, main: 54, lengths: 0x1e00 },
    CallingCode { code: 421, main: 197, lengths: 0x2c0 },
    CallingCode { code: 423, main: 125, lengths: 0x280 },
    CallingCode { code: 500, main: 70, lengths: 0x20 },
    CallingCode { code: 501, main: 35, lengths: 0x880 },
    CallingCode { code: 502, main: 88, lengths: 0x900 },
    CallingCode { code: 503, main: 205, lengths: 0x980 },
    CallingCode { code: 504, main: 93, lengths: 0x900 },
    CallingCode { code: 505, main: 161, lengths: 0x100 },
    CallingCode { code: 506, main: 48, lengths: 0x500 },
    CallingCode { code: 507, main: 169, lengths: 0xd80 },
    CallingCode { code: 508, main: 176, lengths: 0x240 },
    CallingCode { code: 509, main: 95, lengths: 0x100 },
    CallingCode { code: 590, main: 85, lengths: 0x200 },
    CallingCode { code: 591, main: 28, lengths: 0x300 },
    CallingCode { code: 592, main: 91, lengths: 0x80 },
    CallingCode { code: 593, main: 61, lengths: 0xf00 },
    CallingCode { code: 594, main: 78, lengths: 0x200 },
    CallingCode { code: 595, main: 181, lengths: 0xfc0 },
    CallingCode { code: 596, main: 146, lengths: 0x200 },
    CallingCode { code: 597, main: 202, lengths: 0xc0 },
    CallingCode { code: 598, main: 228, lengths: 0x3ff0 },
    CallingCode { code: 599, main: 51, lengths: 0x180 },
    CallingCode { code: 670, main: 216, lengths: 0x180 },
    CallingCode { code: 672, main: 159, lengths: 0x40 },
    CallingCode { code: 673, main: 27, lengths: 0x80 },
    CallingCode { code: 674, main: 165, lengths: 0x80 },
    CallingCode { code: 675, main: 172, lengths: 0x180 },
    CallingCode { code: 676, main: 219, lengths: 0xa0 },
    CallingCode { code: 677, main: 189, lengths: 0xa0 },
    CallingCode { code: 678, main: 236, lengths: 0xa0 },
    CallingCode { code: 679, main: 69, lengths: 0x880 },
    CallingCode { code: 680, main: 180, lengths: 0x80 },
    CallingCode { code: 681, main: 237, lengths: 0x240 },
    CallingCode { code: 682, main: 43, lengths: 0x20 },
    CallingCode { code: 683, main: 166, lengths: 0x90 },
    CallingCode { code: 685, main: 238, lengths: 0x4e0 },
    CallingCode { code: 686, main: 114, lengths: 0x120 },
    CallingCode { code: 687, main: 157, lengths: 0x40 },
    CallingCode { code: 688, main: 222, lengths: 0xe0 },
    CallingCode { code: 689, main: 171, lengths: 0x340 },
    CallingCode { code: 690, main: 215, lengths: 0xf0 },
    CallingCode { code: 691, main: 71, lengths: 0x80 },
    CallingCode { code: 692, main: 139, lengths: 0x80 },
    CallingCode { code: 800, main: 245, lengths: 0x100 },
    CallingCode { code: 808, main: 246, lengths: 0x100 },
    CallingCode { code: 850, main: 117, lengths: 0x500 },
    CallingCode { code: 852, main: 92, lengths: 0xbe0 },
    CallingCode { code: 853, main: 144, lengths: 0x180 },
    CallingCode { code: 855, main: 113, lengths: 0x700 },
    CallingCode { code: 856, main: 122, lengths: 0x700 },
    CallingCode { code: 870, main: 247, lengths: 0x1200 },
    CallingCode { code: 878, main: 248, lengths: 0x1000 },
    CallingCode { code: 880, main: 18, lengths: 0x7c0 },
    CallingCode { code: 881, main: 249, lengths: 0x600 },
    CallingCode { code: 882, main: 250, lengths: 0x1f80 },
    CallingCode { code: 883, main: 251, lengths: 0x1f00 },
    CallingCode { code: 886, main: 223, lengths: 0xf80 },
    CallingCode { code: 888, main: 252, lengths: 0x800 },
    CallingCode { code: 960, main: 151, lengths: 0x480 },
    CallingCode { code: 961, main: 123, lengths: 0x180 },
    CallingCode { code: 962, main: 109, lengths: 0x300 },
    CallingCode { code: 963, main: 207, lengths: 0x300 },
    CallingCode { code: 964, main: 103, lengths: 0x700 },
    CallingCode { code: 965, main: 119, lengths: 0x180 },
    CallingCode { code: 966, main: 188, lengths: 0x600 },
    CallingCode { code: 967, main: 240, lengths: 0x380 },
    CallingCode { code: 968, main: 168, lengths: 0x380 },
    CallingCode { code: 970, main: 178, lengths: 0x700 },
    CallingCode { code: 971, main: 2, lengths: 0x1fe0 },
    CallingCode { code: 972, main: 99, lengths: 0x1f80 },
    CallingCode { code: 973, main: 22, lengths: 0x100 },
    CallingCode { code: 974, main: 182, lengths: 0xb80 },
    CallingCode { code: 975, main: 32, lengths: 0x180 },
    CallingCode { code: 976, main: 143, lengths: 0x700 },
    CallingCode { code: 977, main: 164, lengths: 0xd00 },
    CallingCode { code: 979, main: 253, lengths: 0x200 },
    CallingCode { code: 992, main: 214, lengths: 0x200 },
    CallingCode { code: 993, main: 217, lengths: 0x100 },
    CallingCode { code: 994, main: 15, lengths: 0x200 },
    CallingCode { code: 995, main: 77, lengths: 0x200 },
    CallingCode { code: 996, main: 112, lengths: 0x600 },
    CallingCode { code: 998, main: 229, lengths: 0x200 },
];

#[rustfmt::skip]
pub(crate) static EMERGENCY: [u32; 243] = [101, 102, 103, 113, 114, 115, 116, 117, 118, 119, 190, 191, 192, 193, 194, 1000, 1001, 1002, 1003, 1011, 1019, 1022, 1033, 1050, 1060, 1065, 1066, 1068, 1080, 1085, 1088, 1100, 1101, 1102, 1103, 1104, 1105, 1106, 1107, 1108, 1110, 1111, 1112, 1113, 1114, 1115, 1116, 1117, 1118, 1119, 1120, 1122, 1123, 1124, 1125, 1127, 1128, 1129, 1130, 1131, 1132, 1133, 1140, 1144, 1150, 1151, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1166, 1170, 1171, 1172, 1175, 1177, 1180, 1188, 1190, 1191, 1192, 1193, 1194, 1195, 1197, 1198, 1199, 1211, 1311, 1333, 1355, 1511, 1555, 1666, 1819, 1888, 1901, 1902, 1903, 1911, 1912, 1913, 1917, 1919, 1922, 1933, 1939, 1955, 1977, 1990, 1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999, 11122, 11220, 11298, 11300, 11301, 11302, 11303, 11304, 11305, 11306, 11307, 11308, 11309, 11310, 11311, 11312, 11313, 11314, 11315, 11316, 11317, 11318, 11319, 11320, 11321, 11322, 11323, 11324, 11325, 11326, 11327, 11328, 11329, 11330, 11331, 11332, 11333, 11334, 11335, 11336, 11337, 11338, 11339, 11340, 11341, 11342, 11343, 11344, 11345, 11346, 11347, 11348, 11349, 11350, 11351, 11352, 11353, 11354, 11355, 11356, 11357, 11358, 11359, 11360, 11361, 11362, 11363, 11364, 11365, 11366, 11367, 11368, 11369, 11370, 11371, 11372, 11373, 11374, 11375, 11376, 11377, 11378, 11379, 11380, 11381, 11382, 11383, 11384, 11385, 11386, 11387, 11388, 11389, 11390, 11391, 11392, 11393, 11394, 11395, 11396, 11397, 11398, 11399, 11444, 11669, 11730, 12611, 19999, 110111, 110177, 190000, 1124422, 1127799, 1201606, 1201917, 1202099, 1202914, 1320221, 1723141];

pub(crate) static PROGRAMS: [u8; 31693] = *include_bytes!("programs.bin");

pub(crate) static AUTOMATON: [u8; 118545] = *include_bytes!("automaton.bin");
