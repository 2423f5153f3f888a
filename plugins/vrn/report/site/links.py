"""The only addresses outside the site that a page may name. They are links to follow; nothing is loaded from them."""

LINKS = {
    "licence": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "wcag": "https://www.w3.org/TR/WCAG22/",
    "trend": "https://fingertips.phe.org.uk/",
    "law": "https://www.legislation.gov.uk/uksi/2018/952/contents",
    "enforcement": "https://www.equalityadvisoryservice.com/",
    "police": "https://data.police.uk/",
}
