"""The plan as a workbook to hand on: sheets and charts, numbers as numbers, ids as text, A4."""
