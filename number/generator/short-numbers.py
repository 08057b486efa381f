#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes short-numbers.txt from the Python port of libphonenumber, whose version must be that of rlibphonenumber's metadata:

    pip install phonenumbers==9.0.42 && ./short-numbers.py 2026-10-27 >short-numbers.txt

The argument is the day of that release.
"""

import sys

import phonenumbers
from phonenumbers import PhoneMetadata

print("# Patterns of libphonenumber's short-number metadata (Apache-2.0). Written by short-numbers.py.")
print(f"version {phonenumbers.__version__}")
print(f"date {sys.argv[1]}")
for region in sorted(phonenumbers.shortdata._AVAILABLE_REGION_CODES):
    metadata = PhoneMetadata.short_metadata_for_region(region)
    for name, group in (("emergency", metadata.emergency), ("short", metadata.short_code)):
        if group is not None and group.national_number_pattern:
            print(region, name, group.national_number_pattern)
