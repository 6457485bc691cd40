;; Passes over interleaved RGB bytes that move or weigh pixels. Pointers and strides are bytes; loops may read and write up to 16
;; bytes behind an end, and callers leave that room.
(module
  (memory (export "memory") 1)

  ;; Two rows resized along x to `count` pixels. The table has a record a pixel: the offset of its first source pixel, then groups
  ;; of four taps: (high, low) halves of the weights of taps 0 and 1, of taps 2 and 3. A weight is high * 2^11 + low, in 22 bits.
  (func (export "across")
    (param $from i32) (param $fromStride i32) (param $to i32) (param $toStride i32)
    (param $table i32) (param $groups i32) (param $count i32)
    (local $end i32) (local $p i32) (local $left i32) (local $v v128) (local $u v128)
    (local $high v128) (local $low v128) (local $high2 v128) (local $low2 v128)
    (local $wh v128) (local $wl v128) (local $wh2 v128) (local $wl2 v128)
    (local.set $end (i32.add (local.get $to) (i32.mul (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $p (i32.add (local.get $from) (i32.load (local.get $table))))
        (local.set $table (i32.add (local.get $table) (i32.const 4)))
        (local.set $left (local.get $groups))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $high2 (v128.const i32x4 0 0 0 0))
        ;; Half a unit, so that the shift rounds.
        (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $low2 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (loop $taps
          (local.set $wh (v128.load32_splat (local.get $table)))
          (local.set $wl (v128.load32_splat offset=4 (local.get $table)))
          (local.set $wh2 (v128.load32_splat offset=8 (local.get $table)))
          (local.set $wl2 (v128.load32_splat offset=12 (local.get $table)))
          (local.set $v (v128.load (local.get $p)))
          (local.set $u (i8x16.swizzle (local.get $v) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
          (local.set $v (i8x16.swizzle (local.get $v) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
          (local.set $high (i32x4.add (local.get $high) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $v) (local.get $wh)) (i32x4.dot_i16x8_s (local.get $u) (local.get $wh2)))))
          (local.set $low (i32x4.add (local.get $low) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $v) (local.get $wl)) (i32x4.dot_i16x8_s (local.get $u) (local.get $wl2)))))
          (local.set $v (v128.load (i32.add (local.get $p) (local.get $fromStride))))
          (local.set $u (i8x16.swizzle (local.get $v) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
          (local.set $v (i8x16.swizzle (local.get $v) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
          (local.set $high2 (i32x4.add (local.get $high2) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $v) (local.get $wh)) (i32x4.dot_i16x8_s (local.get $u) (local.get $wh2)))))
          (local.set $low2 (i32x4.add (local.get $low2) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $v) (local.get $wl)) (i32x4.dot_i16x8_s (local.get $u) (local.get $wl2)))))
          (local.set $p (i32.add (local.get $p) (i32.const 12)))
          (local.set $table (i32.add (local.get $table) (i32.const 16)))
          (br_if $taps (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.set $v (i16x8.narrow_i32x4_s
          (i32x4.shr_u (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low)) (i32.const 22))
          (i32x4.shr_u (i32x4.add (i32x4.shl (local.get $high2) (i32.const 11)) (local.get $low2)) (i32.const 22))))
        (local.set $v (i8x16.narrow_i16x8_u (local.get $v) (local.get $v)))
        ;; Each fourth byte is the next pixel's.
        (v128.store32_lane 0 (local.get $to) (local.get $v))
        (v128.store32_lane 1 (i32.add (local.get $to) (local.get $toStride)) (local.get $v))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (br $next))))

  ;; One row of `length` bytes as the weighted sum of 2 * pairs rows; weights as a record of `across` has them.
  (func (export "down")
    (param $from i32) (param $stride i32) (param $to i32) (param $length i32) (param $weights i32) (param $pairs i32)
    (local $end i32) (local $p i32) (local $w i32) (local $left i32) (local $u v128) (local $v v128)
    (local $high v128) (local $low v128) (local $high2 v128) (local $low2 v128) (local $wh v128) (local $wl v128)
    (local.set $end (i32.add (local.get $to) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $p (local.get $from))
        (local.set $w (local.get $weights))
        (local.set $left (local.get $pairs))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $high2 (v128.const i32x4 0 0 0 0))
        (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $low2 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (loop $taps
          (local.set $v (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
            (v128.load64_zero (local.get $p)) (v128.load64_zero (i32.add (local.get $p) (local.get $stride)))))
          (local.set $u (i16x8.extend_high_i8x16_u (local.get $v)))
          (local.set $v (i16x8.extend_low_i8x16_u (local.get $v)))
          (local.set $wh (v128.load32_splat (local.get $w)))
          (local.set $wl (v128.load32_splat offset=4 (local.get $w)))
          (local.set $high (i32x4.add (local.get $high) (i32x4.dot_i16x8_s (local.get $v) (local.get $wh))))
          (local.set $low (i32x4.add (local.get $low) (i32x4.dot_i16x8_s (local.get $v) (local.get $wl))))
          (local.set $high2 (i32x4.add (local.get $high2) (i32x4.dot_i16x8_s (local.get $u) (local.get $wh))))
          (local.set $low2 (i32x4.add (local.get $low2) (i32x4.dot_i16x8_s (local.get $u) (local.get $wl))))
          (local.set $p (i32.add (local.get $p) (i32.shl (local.get $stride) (i32.const 1))))
          (local.set $w (i32.add (local.get $w) (i32.const 8)))
          (br_if $taps (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.set $v (i16x8.narrow_i32x4_s
          (i32x4.shr_u (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low)) (i32.const 22))
          (i32x4.shr_u (i32x4.add (i32x4.shl (local.get $high2) (i32.const 11)) (local.get $low2)) (i32.const 22))))
        (v128.store64_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $v) (local.get $v)))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (br $next))))

  ;; A row of `width` pixels, each the pixel of an image of width x height at (sx, sy), black outside; (dx, dy) from one to the next.
  (func (export "warp")
    (param $from i32) (param $width i32) (param $height i32) (param $to i32)
    (param $sx f64) (param $sy f64) (param $dx f64) (param $dy f64)
    (local $end i32) (local $pixel i32) (local $place v128) (local $step v128) (local $last v128) (local $at v128) (local $bytes v128)
    (local.set $end (i32.add (local.get $to) (i32.mul (local.get $width) (i32.const 3))))
    (local.set $place (f64x2.replace_lane 1 (f64x2.splat (local.get $sx)) (local.get $sy)))
    (local.set $step (f64x2.replace_lane 1 (f64x2.splat (local.get $dx)) (local.get $dy)))
    (local.set $last (i32x4.replace_lane 1
      (i32x4.splat (i32.sub (local.get $width) (i32.const 1))) (i32.sub (local.get $height) (i32.const 1))))
    (local.set $bytes (i32x4.replace_lane 1
      (v128.const i32x4 3 0 0 0) (i32.mul (local.get $width) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $pixel (i32.const 0))
        ;; Negative numbers are large without their sign.
        (local.set $at (i32x4.trunc_sat_f64x2_s_zero (f64x2.floor (local.get $place))))
        (if (i32x4.all_true (i32x4.eq (i32x4.min_u (local.get $at) (local.get $last)) (local.get $at)))
          (then
            (local.set $at (i32x4.mul (local.get $at) (local.get $bytes)))
            (local.set $pixel (i32.and (i32.const 0xffffff) (i32.load (i32.add (local.get $from)
              (i32.add (i32x4.extract_lane 0 (local.get $at)) (i32x4.extract_lane 1 (local.get $at)))))))))
        (i32.store (local.get $to) (local.get $pixel))
        (local.set $place (f64x2.add (local.get $place) (local.get $step)))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (br $next))))

  ;; A row of `count` pixels from last to first.
  (func (export "mirror") (param $from i32) (param $to i32) (param $count i32)
    (local $p i32) (local $pixel i32)
    (local.set $p (i32.add (local.get $to) (i32.mul (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.le_u (local.get $p) (local.get $to)))
        (local.set $p (i32.sub (local.get $p) (i32.const 3)))
        (local.set $pixel (i32.load (local.get $from)))
        (i32.store16 (local.get $p) (local.get $pixel))
        (i32.store8 offset=2 (local.get $p) (i32.shr_u (local.get $pixel) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 3)))
        (br $next))))

  ;; own = own * share + other * rest + 0.5 in float64, truncated; 4 bytes at a time. 2^52 more, and the whole number is in the last byte.
  (func (export "mix") (param $own i32) (param $other i32) (param $count i32) (param $share f64) (param $rest f64)
    (local $end i32) (local $v v128) (local $u v128) (local $w v128) (local $shares v128) (local $rests v128)
    (local.set $end (i32.add (local.get $own) (local.get $count)))
    (local.set $shares (f64x2.splat (local.get $share)))
    (local.set $rests (f64x2.splat (local.get $rest)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $own) (local.get $end)))
        (local.set $v (v128.load32_zero (local.get $own)))
        (local.set $u (v128.load32_zero (local.get $other)))
        (local.set $w (f64x2.floor (f64x2.add (v128.const f64x2 0.5 0.5) (f64x2.add
          (f64x2.mul (local.get $shares) (f64x2.convert_low_i32x4_s
            (i8x16.swizzle (local.get $v) (v128.const i8x16 0 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1))))
          (f64x2.mul (local.get $rests) (f64x2.convert_low_i32x4_s
            (i8x16.swizzle (local.get $u) (v128.const i8x16 0 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1))))))))
        (local.set $v (f64x2.floor (f64x2.add (v128.const f64x2 0.5 0.5) (f64x2.add
          (f64x2.mul (local.get $shares) (f64x2.convert_low_i32x4_s
            (i8x16.swizzle (local.get $v) (v128.const i8x16 2 -1 -1 -1 3 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1))))
          (f64x2.mul (local.get $rests) (f64x2.convert_low_i32x4_s
            (i8x16.swizzle (local.get $u) (v128.const i8x16 2 -1 -1 -1 3 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1))))))))
        (v128.store32_lane 0 (local.get $own) (i8x16.shuffle 0 8 16 24 0 0 0 0 0 0 0 0 0 0 0 0
          (f64x2.add (local.get $w) (v128.const f64x2 4503599627370496 4503599627370496))
          (f64x2.add (local.get $v) (v128.const f64x2 4503599627370496 4503599627370496))))
        (local.set $own (i32.add (local.get $own) (i32.const 4)))
        (local.set $other (i32.add (local.get $other) (i32.const 4)))
        (br $next))))

  ;; float32 to[i] = from[i] / 255; 8 at a time.
  (func (export "floats") (param $from i32) (param $to i32) (param $count i32)
    (local $end i32) (local $v v128)
    (local.set $end (i32.add (local.get $from) (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $v (v128.load8x8_u (local.get $from)))
        (v128.store (local.get $to) (f32x4.div
          (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (local.get $v))) (v128.const f32x4 255 255 255 255)))
        (v128.store offset=16 (local.get $to) (f32x4.div
          (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (local.get $v))) (v128.const f32x4 255 255 255 255)))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br $next)))))
