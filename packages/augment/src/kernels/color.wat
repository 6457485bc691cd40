;; Colour changes of interleaved RGB bytes, in place, with Pillow's arithmetic. `at` is a byte offset, counts are pixels, rounded
;; up to fours by the caller, who leaves 4 bytes behind the end.
(module
  (memory (export "memory") 1)

  ;; value = base + (value - base) * factor in float32, clamped, truncated; 8 bytes at a time, so up to 4 more are changed.
  (func (export "blend") (param $at i32) (param $count i32) (param $base f32) (param $factor f32)
    (local $end i32) (local $low v128) (local $high v128) (local $bases v128) (local $factors v128)
    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 3))))
    (local.set $bases (f32x4.splat (local.get $base)))
    (local.set $factors (f32x4.splat (local.get $factor)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $low (v128.load8x8_u (local.get $at)))
        (local.set $high (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (local.get $low))))
        (local.set $low (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (local.get $low))))
        (local.set $low (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $bases)
          (f32x4.mul (local.get $factors) (f32x4.sub (local.get $low) (local.get $bases))))))
        (local.set $high (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $bases)
          (f32x4.mul (local.get $factors) (f32x4.sub (local.get $high) (local.get $bases))))))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $high)))
        (v128.store64_lane 0 (local.get $at) (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next))))

  ;; The sum of the pixels' greys (ITU-R 601 in 16 bits).
  (func (export "greys") (param $at i32) (param $count i32) (result i32)
    (local $end i32) (local $v v128) (local $sum v128)
    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $v (v128.load (local.get $at)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.shr_u
          (i32x4.add
            (i32x4.add
              (i32x4.mul (i8x16.swizzle (local.get $v) (v128.const i8x16 0 -1 -1 -1 3 -1 -1 -1 6 -1 -1 -1 9 -1 -1 -1))
                (v128.const i32x4 19595 19595 19595 19595))
              (i32x4.mul (i8x16.swizzle (local.get $v) (v128.const i8x16 1 -1 -1 -1 4 -1 -1 -1 7 -1 -1 -1 10 -1 -1 -1))
                (v128.const i32x4 38470 38470 38470 38470)))
            (i32x4.add
              (i32x4.mul (i8x16.swizzle (local.get $v) (v128.const i8x16 2 -1 -1 -1 5 -1 -1 -1 8 -1 -1 -1 11 -1 -1 -1))
                (v128.const i32x4 7471 7471 7471 7471))
              (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)))
          (i32.const 16))))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (br $next)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))

  ;; Each channel = grey + (channel - grey) * factor in float32, clamped, truncated.
  (func (export "saturate") (param $at i32) (param $count i32) (param $factor f32)
    (local $end i32) (local $v v128) (local $r v128) (local $g v128) (local $b v128) (local $grey v128) (local $factors v128)
    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 3))))
    (local.set $factors (f32x4.splat (local.get $factor)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $v (v128.load (local.get $at)))
        (local.set $r (i8x16.swizzle (local.get $v) (v128.const i8x16 0 -1 -1 -1 3 -1 -1 -1 6 -1 -1 -1 9 -1 -1 -1)))
        (local.set $g (i8x16.swizzle (local.get $v) (v128.const i8x16 1 -1 -1 -1 4 -1 -1 -1 7 -1 -1 -1 10 -1 -1 -1)))
        (local.set $b (i8x16.swizzle (local.get $v) (v128.const i8x16 2 -1 -1 -1 5 -1 -1 -1 8 -1 -1 -1 11 -1 -1 -1)))
        (local.set $grey (f32x4.convert_i32x4_s (i32x4.shr_u
          (i32x4.add
            (i32x4.add
              (i32x4.mul (local.get $r) (v128.const i32x4 19595 19595 19595 19595))
              (i32x4.mul (local.get $g) (v128.const i32x4 38470 38470 38470 38470)))
            (i32x4.add
              (i32x4.mul (local.get $b) (v128.const i32x4 7471 7471 7471 7471))
              (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)))
          (i32.const 16))))
        (local.set $r (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $grey) (f32x4.mul (local.get $factors)
          (f32x4.sub (f32x4.convert_i32x4_s (local.get $r)) (local.get $grey))))))
        (local.set $g (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $grey) (f32x4.mul (local.get $factors)
          (f32x4.sub (f32x4.convert_i32x4_s (local.get $g)) (local.get $grey))))))
        (local.set $b (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $grey) (f32x4.mul (local.get $factors)
          (f32x4.sub (f32x4.convert_i32x4_s (local.get $b)) (local.get $grey))))))
        ;; Saturated to bytes: 4 of red, 4 of green, 4 of blue, twice.
        (local.set $v (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (local.get $r) (local.get $g))
          (i16x8.narrow_i32x4_s (local.get $b) (local.get $b))))
        (local.set $v
          (i8x16.swizzle (local.get $v) (v128.const i8x16 0 4 8 1 5 9 2 6 10 3 7 11 -1 -1 -1 -1)))
        (v128.store64_lane 0 (local.get $at) (local.get $v))
        (v128.store32_lane offset=8 2 (local.get $at) (local.get $v))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (br $next))))

  ;; Hue += turn in HSV of 8 bits. All quotients are of whole numbers below 2^24, which float32 divides without crossing a whole
  ;; number, so truncation is exact.
  (func (export "turn") (param $at i32) (param $count i32) (param $turn i32)
    (local $end i32) (local $v v128) (local $r v128) (local $g v128) (local $b v128) (local $max v128) (local $range v128)
    (local $sixths v128) (local $hue v128) (local $saturation v128) (local $sector v128) (local $part v128)
    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $v (v128.load (local.get $at)))
        (local.set $r (i8x16.swizzle (local.get $v) (v128.const i8x16 0 -1 -1 -1 3 -1 -1 -1 6 -1 -1 -1 9 -1 -1 -1)))
        (local.set $g (i8x16.swizzle (local.get $v) (v128.const i8x16 1 -1 -1 -1 4 -1 -1 -1 7 -1 -1 -1 10 -1 -1 -1)))
        (local.set $b (i8x16.swizzle (local.get $v) (v128.const i8x16 2 -1 -1 -1 5 -1 -1 -1 8 -1 -1 -1 11 -1 -1 -1)))
        (local.set $max (i32x4.max_s (i32x4.max_s (local.get $r) (local.get $g)) (local.get $b)))
        (local.set $range (i32x4.sub (local.get $max)
          (i32x4.min_s (i32x4.min_s (local.get $r) (local.get $g)) (local.get $b))))
        ;; Sixths of the circle, times the range: green - blue from 0 or 6, blue - red from 2, red - green from 4.
        (local.set $sixths (i32x4.sub (local.get $g) (local.get $b)))
        (local.set $sixths (i32x4.add (local.get $sixths) (v128.and
          (i32x4.shr_s (local.get $sixths) (i32.const 31))
          (i32x4.mul (local.get $range) (v128.const i32x4 6 6 6 6)))))
        (local.set $sixths (v128.bitselect (local.get $sixths)
          (v128.bitselect
            (i32x4.add (i32x4.shl (local.get $range) (i32.const 1)) (i32x4.sub (local.get $b) (local.get $r)))
            (i32x4.add (i32x4.shl (local.get $range) (i32.const 2)) (i32x4.sub (local.get $r) (local.get $g)))
            (i32x4.eq (local.get $g) (local.get $max)))
          (i32x4.eq (local.get $r) (local.get $max))))
        ;; A grey has 0 / 0 here, which truncates to 0.
        (local.set $hue (v128.and (v128.const i32x4 255 255 255 255) (i32x4.add (i32x4.splat (local.get $turn))
          (i32x4.trunc_sat_f32x4_s (f32x4.div
            (f32x4.mul (f32x4.convert_i32x4_s (local.get $sixths)) (v128.const f32x4 42.5 42.5 42.5 42.5))
            (f32x4.convert_i32x4_s (local.get $range)))))))
        (local.set $saturation (i32x4.trunc_sat_f32x4_s (f32x4.div
          (f32x4.convert_i32x4_s (i32x4.mul (local.get $range) (v128.const i32x4 255 255 255 255)))
          (f32x4.convert_i32x4_s (local.get $max)))))
        ;; The sector and the part of it, in 255ths: x * 32897 >> 23 is x / 255 below 2^16.
        (local.set $hue (i32x4.mul (local.get $hue) (v128.const i32x4 6 6 6 6)))
        (local.set $sector (i32x4.shr_u
          (i32x4.mul (local.get $hue) (v128.const i32x4 32897 32897 32897 32897)) (i32.const 23)))
        (local.set $part (i32x4.sub (local.get $hue)
          (i32x4.mul (local.get $sector) (v128.const i32x4 255 255 255 255))))
        ;; Even sectors fade in: what is left of the part.
        (local.set $part (v128.bitselect (local.get $part)
          (i32x4.sub (v128.const i32x4 255 255 255 255) (local.get $part))
          (i32x4.shr_s (i32x4.shl (local.get $sector) (i32.const 31)) (i32.const 31))))
        ;; Bytes of a pixel: greatest, middle, least; the last two rounded.
        (local.set $v (v128.or
          (v128.or
            (local.get $max)
            (i32x4.shl
              (i32x4.trunc_sat_f32x4_s (f32x4.div
                (f32x4.convert_i32x4_s (i32x4.add (v128.const i32x4 32512 32512 32512 32512) (i32x4.mul (local.get $max)
                  (i32x4.sub (v128.const i32x4 65025 65025 65025 65025)
                    (i32x4.mul (local.get $saturation) (local.get $part))))))
                (v128.const f32x4 65025 65025 65025 65025)))
              (i32.const 8)))
          (i32x4.shl
            (i32x4.shr_u
              (i32x4.mul
                (i32x4.add (v128.const i32x4 127 127 127 127) (i32x4.mul (local.get $max)
                  (i32x4.sub (v128.const i32x4 255 255 255 255) (local.get $saturation))))
                (v128.const i32x4 32897 32897 32897 32897))
              (i32.const 23))
            (i32.const 16))))
        ;; Which of them each channel takes, by sector: a table of 8 for red, of 8 for green, of 8 for blue.
        (local.set $v (i8x16.swizzle (local.get $v) (v128.or
          (v128.const i32x4 0 0x040404 0x080808 0x0c0c0c)
          (v128.or
            (i8x16.swizzle (v128.const i8x16 0 1 2 2 1 0 0 0 1 0 0 1 2 2 1 0)
              (v128.or (v128.const i32x4 0xffff0800 0xffff0800 0xffff0800 0xffff0800)
                (i32x4.mul (local.get $sector) (v128.const i32x4 0x101 0x101 0x101 0x101))))
            (i8x16.swizzle (v128.const i8x16 2 2 1 0 0 1 2 0 0 0 0 0 0 0 0 0)
              (v128.or (v128.const i32x4 0xff00ffff 0xff00ffff 0xff00ffff 0xff00ffff)
                (i32x4.shl (local.get $sector) (i32.const 16))))))))
        (local.set $v
          (i8x16.swizzle (local.get $v) (v128.const i8x16 0 1 2 4 5 6 8 9 10 12 13 14 -1 -1 -1 -1)))
        (v128.store64_lane 0 (local.get $at) (local.get $v))
        (v128.store32_lane offset=8 2 (local.get $at) (local.get $v))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (br $next))))

  ;; Channel c of each pixel = its channel `order[c]`, an order of 3 bytes.
  (func (export "permute") (param $at i32) (param $count i32) (param $order i32)
    (local $end i32) (local $v v128) (local $pick v128)
    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 3))))
    ;; Indices of 4 pixels, 3 bytes each.
    (local.set $pick (i8x16.add
      (i8x16.swizzle (i32x4.splat (local.get $order)) (v128.const i8x16 0 1 2 0 1 2 0 1 2 0 1 2 -1 -1 -1 -1))
      (v128.const i8x16 0 0 0 3 3 3 6 6 6 9 9 9 0 0 0 0)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $v (i8x16.swizzle (v128.load (local.get $at)) (local.get $pick)))
        (v128.store64_lane 0 (local.get $at) (local.get $v))
        (v128.store32_lane offset=8 2 (local.get $at) (local.get $v))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (br $next)))))
