/* Reading dates, by the proleptic Gregorian calendar. */
#include "control/date.h"

#include <stddef.h>

/* So many digits as a number, at *at. */
static bool digits(struct substrate_text text, size_t *at, size_t count, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < count; i++, (*at)++) {
        if (*at >= text.size || text.data[*at] < '0' || text.data[*at] > '9') {
            return false;
        }
        *value = *value * 10 + (uint64_t)(text.data[*at] - '0');
    }
    return true;
}

static bool mark(struct substrate_text text, size_t *at, char c) {
    bool there = *at < text.size && text.data[*at] == c;
    *at += there;
    return there;
}

static bool is_leap(uint64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static uint64_t days_of(uint64_t year, uint64_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day) {
    uint64_t days = day - 1;
    for (uint64_t y = 1970; y < year; y++) {
        days += is_leap(y) ? 366 : 365;
    }
    for (uint64_t m = 1; m < month; m++) {
        days += days_of(year, m);
    }
    return days;
}

bool date_read(struct substrate_text text, uint64_t *ms) {
    uint64_t year, month, day, hour = 0, minute = 0, second = 0, fraction = 0;
    size_t at = 0;
    bool good = digits(text, &at, 4, &year) && mark(text, &at, '-') &&
                digits(text, &at, 2, &month) && mark(text, &at, '-') && digits(text, &at, 2, &day);
    if (good && mark(text, &at, 'T')) {
        good = digits(text, &at, 2, &hour) && mark(text, &at, ':') &&
               digits(text, &at, 2, &minute) && mark(text, &at, ':') &&
               digits(text, &at, 2, &second);
        if (good && mark(text, &at, '.')) {
            good = digits(text, &at, 3, &fraction);
        }
        (void)mark(text, &at, 'Z');
    }
    if (!good || at != text.size || year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > days_of(year, month) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *ms = (((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 +
          fraction;
    return true;
}
