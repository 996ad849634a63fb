"""What a content pack is: detections, their samples, and the ATT&CK names they refer to; load and check it."""
