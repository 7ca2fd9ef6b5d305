"""How a picture looks: colours and themes, numbers in boxes, what is red, and the DOT text of a scene."""
