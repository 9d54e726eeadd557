// Numbers: what compilers call for wide shifts and rounding, and Swift for decimal fractions.
#include <stdint.h>

typedef unsigned __int128 wide;
typedef union {
    wide all;
    struct {
        uint64_t low, high;
    };
} halves;

wide __ashlti3(wide value, int count) {
    halves in = {.all = value}, out;
    if (count >= 64) {
        out.high = in.low << (count - 64);
        out.low = 0;
    } else if (count > 0) {
        out.high = in.high << count | in.low >> (64 - count);
        out.low = in.low << count;
    } else {
        out = in;
    }
    return out.all;
}

wide __lshrti3(wide value, int count) {
    halves in = {.all = value}, out;
    if (count >= 64) {
        out.low = in.high >> (count - 64);
        out.high = 0;
    } else if (count > 0) {
        out.low = in.low >> count | in.high << (64 - count);
        out.high = in.high >> count;
    } else {
        out = in;
    }
    return out.all;
}

/* Beyond 2^52 every number is whole. */
double trunc(double value) {
    if (!(value > -4503599627370496.0 && value < 4503599627370496.0)) return value;
    return (double)(int64_t)value;
}

double ceil(double value) {
    double whole = trunc(value);
    return whole < value ? whole + 1 : whole;
}

double floor(double value) {
    double whole = trunc(value);
    return whole > value ? whole - 1 : whole;
}

/* Decimal text as JSON allows it. Exact for up to fifteen digits and small exponents; others may be off in the last place. */
const char *_swift_stdlib_strtod_clocale(const char *text, double *result) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int negative = *text == '-', exponent = 0, digits = 0;
    uint64_t mantissa = 0;
    if (negative || *text == '+') text++;
    for (int after = 0;; text++) {
        if (*text == '.' && !after) {
            after = 1;
        } else if (*text >= '0' && *text <= '9') {
            digits++;
            if (mantissa < UINT64_MAX / 10 - 9) {
                mantissa = mantissa * 10 + (uint64_t)(*text - '0');
                exponent -= after;
            } else if (!after) {
                exponent++;
            }
        } else {
            break;
        }
    }
    if (!digits) return 0;
    if (*text == 'e' || *text == 'E') {
        const char *mark = text++;
        int sign = *text == '-' ? -1 : 1, power = 0;
        if (*text == '-' || *text == '+') text++;
        if (*text < '0' || *text > '9') {
            text = mark;
        } else {
            for (; *text >= '0' && *text <= '9'; text++) power = power < 10000 ? power * 10 + (*text - '0') : power;
            exponent += sign * power;
        }
    }
    double value = (double)mantissa;
    for (; exponent > 0 && value < 1.7e308 && value > 0; exponent -= exponent < 22 ? exponent : 22) {
        value *= powers[exponent < 22 ? exponent : 22];
    }
    for (; exponent < 0 && value > 0; exponent += exponent > -22 ? -exponent : 22) value /= powers[exponent > -22 ? -exponent : 22];
    *result = negative ? -value : value;
    return text;
}
