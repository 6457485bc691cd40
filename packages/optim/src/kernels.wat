;; Loops over float32 arrays in linear memory, four elements at a time. Arrays are byte offsets on 16 bytes, counts are
;; elements and multiples of 8: callers round up and leave room behind the end.
(module
  (memory (export "memory") 1)

  ;; The sum of x * x in float64: four vectors of two sums each, so that one addition need not wait for the last.
  (func (export "squares") (param $x i32) (param $count i32) (result f64)
    (local $end i32) (local $v v128) (local $w v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (local.set $v (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x))))
        (local.set $w (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x))))
        (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $v) (local.get $v))))
        (local.set $b (f64x2.add (local.get $b) (f64x2.mul (local.get $w) (local.get $w))))
        (local.set $v (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $x))))
        (local.set $w (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $x))))
        (local.set $c (f64x2.add (local.get $c) (f64x2.mul (local.get $v) (local.get $v))))
        (local.set $d (f64x2.add (local.get $d) (f64x2.mul (local.get $w) (local.get $w))))
        (local.set $x (i32.add (local.get $x) (i32.const 32)))
        (br $next)))
    (local.set $a
      (f64x2.add (f64x2.add (local.get $a) (local.get $b)) (f64x2.add (local.get $c) (local.get $d))))
    (f64.add (f64x2.extract_lane 0 (local.get $a)) (f64x2.extract_lane 1 (local.get $a))))

  ;; x *= factor
  (func (export "scale") (param $x i32) (param $count i32) (param $factor f32)
    (local $end i32) (local $by v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $by (f32x4.splat (local.get $factor)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (v128.store (local.get $x) (f32x4.mul (v128.load (local.get $x)) (local.get $by)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; x += (y - x) * share: rounds once at the size of x, and leaves it alone where y is the same.
  (func (export "blend") (param $x i32) (param $y i32) (param $count i32) (param $share f32)
    (local $end i32) (local $by v128) (local $from v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $by (f32x4.splat (local.get $share)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (local.set $from (v128.load (local.get $x)))
        (v128.store (local.get $x)
          (f32x4.add (local.get $from)
            (f32x4.mul (f32x4.sub (v128.load (local.get $y)) (local.get $from)) (local.get $by))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $next))))

  ;; m = m * beta1 + g * rest1
  ;; v = v * beta2 + g * rest2 * g
  ;; p -= p * decay + m * size / (sqrt(v) * correction + eps)
  ;; One subtraction from p: a decay of less than half a unit in its last place is not lost, as it is in p * (1 - decay).
  (func (export "adamw")
    (param $p i32) (param $g i32) (param $m i32) (param $v i32) (param $count i32)
    (param $decay f32) (param $beta1 f32) (param $rest1 f32) (param $beta2 f32) (param $rest2 f32)
    (param $size f32) (param $correction f32) (param $eps f32)
    (local $end i32) (local $gradient v128) (local $first v128) (local $second v128) (local $value v128)
    (local $decays v128) (local $betas1 v128) (local $rests1 v128) (local $betas2 v128) (local $rests2 v128)
    (local $sizes v128) (local $corrections v128) (local $epsilons v128)
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $decays (f32x4.splat (local.get $decay)))
    (local.set $betas1 (f32x4.splat (local.get $beta1)))
    (local.set $rests1 (f32x4.splat (local.get $rest1)))
    (local.set $betas2 (f32x4.splat (local.get $beta2)))
    (local.set $rests2 (f32x4.splat (local.get $rest2)))
    (local.set $sizes (f32x4.splat (local.get $size)))
    (local.set $corrections (f32x4.splat (local.get $correction)))
    (local.set $epsilons (f32x4.splat (local.get $eps)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $gradient (v128.load (local.get $g)))
        (local.set $first
          (f32x4.add
            (f32x4.mul (v128.load (local.get $m)) (local.get $betas1))
            (f32x4.mul (local.get $gradient) (local.get $rests1))))
        (local.set $second
          (f32x4.add
            (f32x4.mul (v128.load (local.get $v)) (local.get $betas2))
            (f32x4.mul (f32x4.mul (local.get $gradient) (local.get $rests2)) (local.get $gradient))))
        (v128.store (local.get $m) (local.get $first))
        (v128.store (local.get $v) (local.get $second))
        (local.set $value (v128.load (local.get $p)))
        (v128.store (local.get $p)
          (f32x4.sub (local.get $value)
            (f32x4.add
              (f32x4.mul (local.get $value) (local.get $decays))
              (f32x4.div
                (f32x4.mul (local.get $first) (local.get $sizes))
                (f32x4.add
                  (f32x4.mul (f32x4.sqrt (local.get $second)) (local.get $corrections))
                  (local.get $epsilons))))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br $next)))))
