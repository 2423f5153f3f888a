{{ standardised() }}
