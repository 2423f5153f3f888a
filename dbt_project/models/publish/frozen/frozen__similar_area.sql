{{ frozen(ref('similar_area')) }}
