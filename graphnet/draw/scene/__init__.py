"""What a picture shows, before it has colours: boxes, arrows, frames; what is folded, collapsed and unrolled."""
